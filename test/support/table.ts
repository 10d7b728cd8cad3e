// Lays out the tables that programs print.

/** Columns of equal width, apart by two blanks; all but the first are numbers, or all of them texts. */
export function aligned(
  lines: readonly (readonly string[])[],
  cells: "numbers" | "texts" = "numbers",
): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column === 0 || cells === "texts" ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}
