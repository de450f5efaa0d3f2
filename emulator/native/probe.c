/* Prints the version word of a shared library: probe LIBRARY FUNCTION. Fails when it cannot be loaded. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        return 1;
    }
    unsigned (*version)(int *, int *) = (unsigned (*)(int *, int *)) dlsym(library, argv[2]);
    if (!version) {
        return 1;
    }
    int major = 0, minor = 0;
    printf("%u\n", version(&major, &minor));
    return 0;
}
