package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds what is at an address of data. */
final class DataPaths {
    private final List<Variable> byAddress;

    /** @param byAddress all variables, by address */
    DataPaths(List<Variable> byAddress) {
        this.byAddress = byAddress;
    }

    Optional<DataPath> at(long address) {
        // Variables do not overlap, but for those of size 0.
        int low = 0;
        int high = byAddress.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (Long.compareUnsigned(byAddress.get(middle).address(), address) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (int i = low - 1; i >= 0 && i >= low - 3; i--) {
            Variable variable = byAddress.get(i);
            Type type = variable.type().get();
            if (Long.compareUnsigned(address - variable.address(), type.size()) < 0) {
                return Optional.of(path(new DataPath.Part(variable.name(), type, variable.address()), address));
            }
        }
        return Optional.empty();
    }

    static DataPath path(DataPath.Part outermost, long address) {
        List<DataPath.Part> parts = new ArrayList<>();
        Optional<DataPath.Part> part = Optional.of(outermost);
        while (part.isPresent() && parts.size() < CSyntax.MAX_DEPTH) {
            parts.add(part.get());
            part = inside(part.get(), address);
        }
        return new DataPath(List.copyOf(parts));
    }

    private static Optional<DataPath.Part> inside(DataPath.Part part, long address) {
        long offset = address - part.address();
        return switch (part.type().plain()) {
            case Type.Array array -> {
                Type element = array.element().get();
                long size = element.size();
                yield size <= 0 ? Optional.empty() : Optional.of(new DataPath.Part(part.name() + "[" + offset / size + "]", element,
                        part.address() + offset / size * size));
            }
            case Type.Struct struct -> struct.members().stream()
                    .filter(member -> offset >= member.offset() && offset < member.offset() + member.type().get().size()).findFirst()
                    .map(member -> new DataPath.Part(member.name().map(name -> part.name() + "." + name).orElse(part.name()),
                            member.type().get(), part.address() + member.offset()));
            default -> Optional.empty();
        };
    }
}
