#compdef daedalusctl
# Made by: daedalusctl completion zsh

_daedalusctl() {
    local -a commands
    local state line
    commands=(
        'status:Is video decoding healthy? Exit status 0 healthy, 1 degraded, 2 critical, 3 unknown'
        'sessions:Who decodes what, and how fast'
        'jobs:The decode requests in flight'
        'stats:What was decoded since the daemon started'
        'watch:A live view of the sessions'
        'reset:End jobs with an error to their clients, or zero the counters'
        'doctor:Walk the whole chain, from the kernel to the players, and say what to do where it is broken'
        'metrics:Everything as Prometheus text'
        'version:The versions of all parts, and whether they fit together'
        'log:What the daemon logged, with sessions and clients'
        'completion:A completion script for a shell'
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        '1: :->command' \
        '*:: :->rest' && return
    case $state in
    command) _describe command commands ;;
    rest)
        case $line[1] in
        status) _daedalusctl_status ;;
        sessions) _daedalusctl_sessions ;;
        jobs) _daedalusctl_jobs ;;
        stats) _daedalusctl_stats ;;
        watch|top) _daedalusctl_watch ;;
        reset) _daedalusctl_reset ;;
        doctor) _daedalusctl_doctor ;;
        metrics) _daedalusctl_metrics ;;
        version) _daedalusctl_version ;;
        log) _daedalusctl_log ;;
        completion) _daedalusctl_completion ;;
        esac ;;
    esac
}

_daedalusctl_status() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--format=[How to say it]:value:(text json nagios)' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_sessions() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--codec=[Only sessions of this codec]:value:(h264 vp9 av1 vp8 mpeg2 mpeg4 h263)' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_jobs() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--session=[Only jobs of this session]:value: ' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_stats() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--codec=[Only this codec]:value:(h264 vp9 av1 vp8 mpeg2 mpeg4 h263)' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_watch() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--interval=[Seconds between updates]:value: ' \
        '--count=[Stop after so many updates]:value: ' \
        '--sort=[What to sort by]:value:(id fps p99 queue cpu bad)' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_top() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--interval=[Seconds between updates]:value: ' \
        '--count=[Stop after so many updates]:value: ' \
        '--sort=[What to sort by]:value:(id fps p99 queue cpu bad)' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_reset() {
    local -a commands
    local state line
    commands=(
        'stats:Count from zero again'
        'job:End one job'
        'session:End all jobs of a session'
        'all:End all jobs of all sessions'
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        '1: :->command' \
        '*:: :->rest' && return
    case $state in
    command) _describe command commands ;;
    rest)
        case $line[1] in
        stats) _daedalusctl_reset_stats ;;
        job) _daedalusctl_reset_job ;;
        session) _daedalusctl_reset_session ;;
        all) _daedalusctl_reset_all ;;
        esac ;;
    esac
}

_daedalusctl_reset_stats() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_reset_job() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--session=[The session that has it, if several have one of that cookie]:value: ' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_reset_session() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_reset_all() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--yes[Do not ask]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_doctor() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_metrics() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--textfile=[Write to this file, replacing it at once]:value:_files' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_version() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_log() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '-n[How many lines]:value: ' \
        '--lines=[How many lines]:value: ' \
        '-f[Go on with what comes]' \
        '--follow[Go on with what comes]' \
        '--since=[From this time on, as journalctl takes it]:value: ' \
        '--session=[Only what concerns this session]:value: ' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        && return
}

_daedalusctl_completion() {
    local -a commands
    local state line
    commands=(
    )
    _arguments -C \
        '-h[Print this help message and exit]' \
        '--help[Print this help message and exit]' \
        '--json[Print JSON, with schema_version]' \
        '--no-color[No colours, also on a terminal]' \
        '--socket=[The daemon'\''s control socket]:value:_files' \
        '--timeout=[Milliseconds to wait for the daemon]:value: ' \
        '--version[The version of daedalusctl alone]' \
        '1:argument:(bash zsh fish)'
}

_daedalusctl "$@"
