package trapframe.symbols;

/**
 * What entries of one kind are made of (DWARF, 7.5.3).
 *
 * @param attributes which attributes they have
 * @param forms      how each is written
 * @param constants  the values of those that every entry has in common (DW_FORM_implicit_const)
 */
record Abbreviation(int tag, boolean hasChildren, int[] attributes, int[] forms, long[] constants) {
}
