// Compares what a program printed with the block of a page that shows it, or writes it there.
import { readFileSync, writeFileSync } from "node:fs";

/**
 * The block behind `<!-- printed: NAME -->` on a page. With `UPDATE_DOCS=1` it becomes what was printed.
 *
 * @param page - its path in docs
 */
export function printedOn(page: string, name: string, printed: string): string {
  const file = new URL(`../../docs/${page}`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const block = new RegExp(`(<!-- printed: ${name} -->\n\`\`\`\\w+\n)([\\s\\S]*?)(\`\`\`\n)`);
  if (process.env.UPDATE_DOCS !== "1") return block.exec(text)?.[2]?.trimEnd() ?? "";
  writeFileSync(
    file,
    text.replace(block, (_, open, __, close) => `${open}${printed}\n${close}`),
  );
  return printed;
}
