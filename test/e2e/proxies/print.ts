// Everything that is printed; in colour only on a terminal.
import { styleText } from "node:util";
import { print } from "../../../collector-config/program/print.ts";
import { PROXIES } from "./proxies.ts";
import type { Cell, Report, Table, Tone } from "./report.ts";

/** How the program is used. */
export const USAGE: string = `Usage: npm run e2e:proxies -- [options]

Runs a service with the library behind real reverse proxies with their default limits, asks for error trees of
many sizes through them, and checks that every response arrives as the service sent it and that no cache gives the
tree of one request to another. Missing Debian packages are installed where root runs this; their services are
neither started nor enabled. Everything else is stopped and removed at the end.

  --proxy NAME  only this one, can be repeated: ${PROXIES.map(({ name }) => name).join(", ")}
  --help        print this
`;

/** What the cells of the first table mean, and under which terms they came about. */
export const NOTES = `N + M: N nodes shown, M omitted, and the two add up. minimal: the outcome alone, omitted exact. no room: no field.
either way: the same with the library switched off. Block: status line and header fields without the library's own.
Messages are of some 290 bytes. Of 1,000 spans the library keeps 512 as it is installed; the others are among the omitted.
The two rows that count many responses have values of up to 2,048 bytes, all others the default of 1,024.

Nobody is answered through a proxy that tells of itself (Forwarded, X-Forwarded-*, X-Real-IP, Via, X-Varnish, …): the rule
trust: "loopback" refuses such asks. nginx and haproxy add none by default; apache2 and varnish do, and are told
not to (ProxyAddHeaders Off; unset in vcl_backend_fetch), but for the row where all five tell of themselves.
No proxy's limit is changed. The caches are told to keep more than by default: nginx-cache all statuses, varnish 500.`;

/** The same for the table of the caches. */
export const CACHE_NOTES = `Each cell: what the first asker got · a second asker, same URL · a stranger who asks nothing.
ignored: made for another request, so not read. Where a cache is told to ignore Vary, and to keep what has no freshness,
strangers are promised nothing; what an asker reads is its own even there.`;

const COLOURS: Readonly<Record<Tone, "green" | "yellow" | "red">> = {
  good: "green",
  fair: "yellow",
  bad: "red",
};

/** A table in aligned columns, and its notes. */
export function printTable({ title, columns, rows, notes }: Table): void {
  const lines = [
    [title, ...columns].map((text): Cell => ({ text, tone: "good" })),
    ...rows.map((row): Cell[] => [{ text: row.title, tone: "good" }, ...row.cells]),
  ];
  const widths = [title, ...columns].map((_, i) =>
    Math.max(...lines.map((cells) => cells[i]?.text.length ?? 0)),
  );
  for (const [line, cells] of lines.entries()) {
    const texts = cells.map(({ text, tone }, i) => {
      const padded = text.padEnd(widths[i] ?? 0);
      return line === 0 ? styleText("bold", padded) : i === 0 ? padded : styleText(COLOURS[tone], padded);
    });
    print(texts.join("  ").trimEnd());
  }
  print(`\n${notes}\n`);
}

/** How much harm was done in how many responses. */
export function printHarm({ harmed, replayed }: Report, responses: number): void {
  print(
    `${responses.toLocaleString("en")} responses, ${harmed.length} harmed, ${replayed.length} trees replayed from a cache`,
  );
}
