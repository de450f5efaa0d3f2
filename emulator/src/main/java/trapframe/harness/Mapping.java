package trapframe.harness;

import java.util.Optional;

/**
 * Linear addresses that page tables map, and what all levels of the tables together allow (SDM vol. 3A, 4.6).
 *
 * @param linear     the first address
 * @param physical   where that is
 * @param bytes      how many follow each other in both
 * @param writable   in ring 3; in ring 0 as long as CR0.WP is set
 * @param user       whether ring 3 reaches them
 * @param executable whether no level says NX, or NX is off
 */
public record Mapping(long linear, long physical, long bytes, boolean writable, boolean user, boolean executable) {
    /** The rights as four characters: {@code r-xu} for a program's code, {@code rw--} for a kernel's data. */
    public String rights() {
        return "r" + (writable ? 'w' : '-') + (executable ? 'x' : '-') + (user ? 'u' : '-');
    }

    /** The address behind the last one. */
    public long end() {
        return linear + bytes;
    }

    /** Whether an address is one of them. */
    public boolean contains(long address) {
        return address - linear >= 0 && address - linear < bytes;
    }

    /** This and what follows it as one, if it does so in both kinds of addresses, with the same rights. */
    Optional<Mapping> with(Mapping next) {
        return end() == next.linear && physical + bytes == next.physical && rights().equals(next.rights())
                ? Optional.of(new Mapping(linear, physical, bytes + next.bytes, writable, user, executable)) : Optional.empty();
    }

    /** As in {@code 0xffffffff80100000 to 0xffffffff80121fff rw-- at 0x100000}. */
    @Override
    public String toString() {
        return "0x" + Long.toHexString(linear) + " to 0x" + Long.toHexString(end() - 1) + " " + rights() + " at 0x" + Long.toHexString(physical);
    }
}
