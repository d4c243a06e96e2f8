# bash completion for daedalusctl, made by: daedalusctl completion bash
_daedalusctl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$path ${COMP_WORDS[i]}" in
        ' status') path=' status' ;;
        ' sessions') path=' sessions' ;;
        ' jobs') path=' jobs' ;;
        ' stats') path=' stats' ;;
        ' watch') path=' watch' ;;
        ' top') path=' top' ;;
        ' reset') path=' reset' ;;
        ' reset stats') path=' reset stats' ;;
        ' reset job') path=' reset job' ;;
        ' reset session') path=' reset session' ;;
        ' reset all') path=' reset all' ;;
        ' doctor') path=' doctor' ;;
        ' metrics') path=' metrics' ;;
        ' version') path=' version' ;;
        ' log') path=' log' ;;
        ' completion') path=' completion' ;;
        esac
    done
    case "$path $previous" in
    ' --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' --timeout')
        return ;;
    ' status --format')
        COMPREPLY=($(compgen -W 'text json nagios' -- "$word"))
        return ;;
    ' status --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' status --timeout')
        return ;;
    ' sessions --codec')
        COMPREPLY=($(compgen -W 'h264 vp9 av1 vp8 mpeg2 mpeg4 h263' -- "$word"))
        return ;;
    ' sessions --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' sessions --timeout')
        return ;;
    ' jobs --session')
        return ;;
    ' jobs --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' jobs --timeout')
        return ;;
    ' stats --codec')
        COMPREPLY=($(compgen -W 'h264 vp9 av1 vp8 mpeg2 mpeg4 h263' -- "$word"))
        return ;;
    ' stats --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' stats --timeout')
        return ;;
    ' watch --interval')
        return ;;
    ' watch --count')
        return ;;
    ' watch --sort')
        COMPREPLY=($(compgen -W 'id fps p99 queue cpu bad' -- "$word"))
        return ;;
    ' watch --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' watch --timeout')
        return ;;
    ' top --interval')
        return ;;
    ' top --count')
        return ;;
    ' top --sort')
        COMPREPLY=($(compgen -W 'id fps p99 queue cpu bad' -- "$word"))
        return ;;
    ' top --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' top --timeout')
        return ;;
    ' reset --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' reset --timeout')
        return ;;
    ' reset stats --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' reset stats --timeout')
        return ;;
    ' reset job --session')
        return ;;
    ' reset job --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' reset job --timeout')
        return ;;
    ' reset session --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' reset session --timeout')
        return ;;
    ' reset all --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' reset all --timeout')
        return ;;
    ' doctor --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' doctor --timeout')
        return ;;
    ' metrics --textfile')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' metrics --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' metrics --timeout')
        return ;;
    ' version --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' version --timeout')
        return ;;
    ' log -n'|' log --lines')
        return ;;
    ' log --since')
        return ;;
    ' log --session')
        return ;;
    ' log --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' log --timeout')
        return ;;
    ' completion --socket')
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    ' completion --timeout')
        return ;;
    esac
    case "$path" in
    '')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h completion doctor jobs log metrics reset sessions stats status top version watch' -- "$word")) ;;
    ' status')
        COMPREPLY=($(compgen -W '--format --help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' sessions')
        COMPREPLY=($(compgen -W '--codec --help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' jobs')
        COMPREPLY=($(compgen -W '--help --json --no-color --session --socket --timeout --version -h' -- "$word")) ;;
    ' stats')
        COMPREPLY=($(compgen -W '--codec --help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' watch')
        COMPREPLY=($(compgen -W '--count --help --interval --json --no-color --socket --sort --timeout --version -h' -- "$word")) ;;
    ' top')
        COMPREPLY=($(compgen -W '--count --help --interval --json --no-color --socket --sort --timeout --version -h' -- "$word")) ;;
    ' reset')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h all job session stats' -- "$word")) ;;
    ' reset stats')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' reset job')
        COMPREPLY=($(compgen -W '--help --json --no-color --session --socket --timeout --version -h' -- "$word")) ;;
    ' reset session')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' reset all')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version --yes -h' -- "$word")) ;;
    ' doctor')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' metrics')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --textfile --timeout --version -h' -- "$word")) ;;
    ' version')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h' -- "$word")) ;;
    ' log')
        COMPREPLY=($(compgen -W '--follow --help --json --lines --no-color --session --since --socket --timeout --version -f -h -n' -- "$word")) ;;
    ' completion')
        COMPREPLY=($(compgen -W '--help --json --no-color --socket --timeout --version -h bash fish zsh' -- "$word")) ;;
    esac
}
complete -F _daedalusctl daedalusctl
