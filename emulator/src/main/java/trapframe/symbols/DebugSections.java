package trapframe.symbols;

/**
 * The sections that debug information is spread over (DWARF, appendix B), and what is common to all who read them.
 *
 * @param elf    the file that they are of
 * @param budget of the question that is being answered
 */
record DebugSections(ElfFile elf, Budget budget, Section info, Section types, Section abbreviations, Section strings, Section lineStrings,
        Section stringOffsets, Section addresses, Section lines, Section ranges, Section rangeLists) {

    static DebugSections of(ElfFile elf, Budget budget) {
        return new DebugSections(elf, budget, elf.section(".debug_info"), elf.section(".debug_types"), elf.section(".debug_abbrev"),
                elf.section(".debug_str"), elf.section(".debug_line_str"), elf.section(".debug_str_offsets"), elf.section(".debug_addr"),
                elf.section(".debug_line"), elf.section(".debug_ranges"), elf.section(".debug_rnglists"));
    }

    String text(Section section, long offset) {
        String text = section.cursor(offset).text();
        budget.spend(text.length() / 8);
        return text;
    }
}
