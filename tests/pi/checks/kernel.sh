#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A newer kernel: first without its headers, which apt tells of; then with them, and a signature.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

use_repository 'deb [trusted=yes] file:/pi/repository next main' 'deb [trusted=yes] file:/pi/kernel trixie main'
timed install_kernel apt-get -q -y install linux-image-arm64-16k || exit 1
new=$(basename /lib/modules/*16k)
says apt_warns /pi/install_kernel.txt 'because its headers are not installed'
says apt_names_package /pi/install_kernel.txt "sudo apt install linux-headers-${new//+/\\+} linux-headers-arm64-16k"
/usr/libexec/daedalus-v4l2/check-kernels >/pi/check-kernels.txt 2>&1
equal check_kernels_fails $? 1
timeout 20 daedalusctl doctor >/pi/doctor.txt 2>&1
says doctor_warns /pi/doctor.txt 'linux-headers'

# What the message says to do, word for word.
command=$(sed -n 's/^ *sudo \(apt install .*\)/\1/p' /pi/install_kernel.txt | tail -n 1)
use_repository 'deb [trusted=yes] file:/pi/kernel trixie main' 'deb [trusted=yes] file:/pi/kernel headers main'
# With openssl there, DKMS signs what it builds, for machines that start modules with a signature only.
timed install_openssl apt-get -q -y install openssl || exit 1
# shellcheck disable=SC2086 # words
timed install_headers ${command/apt install/apt-get -q -y install} || exit 1
check dkms_built_it sh -c "dkms status | grep -q '$new.*installed'"
equal check_kernels_content "$(/usr/libexec/daedalus-v4l2/check-kernels --quiet; echo $?)" 0
equal module_signer "$(modinfo -k "$new" -F signer daedalus_v4l2)" \
	"$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= //p')"
mkdir -p /pi/boot
cp "/boot/initrd.img-$new" /pi/boot/initrd
cp "/boot/vmlinuz-$new" /pi/boot/vmlinuz 2>/dev/null || cp "/usr/lib/modules/$new/vmlinuz" /pi/boot/vmlinuz
