// A block device in memory: the first module that the loader gives (-initrd), if it gives one.
#pragma once

void ramdisk_init(void);
