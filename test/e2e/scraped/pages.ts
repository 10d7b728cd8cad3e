// Reads what the pages of two observatories show in a real Chromium, and compares it.
import type { Page } from "playwright-core";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { edgeId } from "../../../src/observatory/graph/edge.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { hasChromium, launch, openPage } from "../observatory-page/open-page.ts";

/** Columns of the table of edges that hold no durations, and no rates: both times are not equally long. */
const COMPARED = [
  "caller",
  "callee",
  "kind",
  "requests",
  "failures",
  "fail",
  "context missing",
  "context arrived",
  "context not expected",
  "remarks",
];
const WAIT_MS = 40_000;

/** What one page shows. */
interface Shown {
  /** Names in the graph. */
  readonly nodes: readonly string[];
  /** Edges of the graph, as a screen reader has them, without rates and durations. */
  readonly edges: readonly string[];
  /** Rows of the table, each in one text. */
  readonly rows: readonly string[];
  readonly doubts: readonly string[];
  readonly complaints: readonly string[];
}

/** What is wrong on the pages. Without a browser that is said, and nothing is. */
export async function pageProblems(
  urls: { readonly pushed: string; readonly scraped: string },
  picture: Picture,
  lastSeconds: number,
): Promise<string[]> {
  if (!hasChromium()) {
    print("\nno Chromium here: the pages were not compared");
    return [];
  }
  printProgress("comparing the pages");
  const browser = await launch();
  try {
    const show = async (url: string): Promise<Shown> => {
      const { page, complaints, foreign } = await openPage(browser, `${url}/#last=${lastSeconds}`);
      await page
        .locator(".node")
        .nth(picture.nodes.length - 1)
        .waitFor({ timeout: WAIT_MS });
      const nodes = (await page.locator(".node-name").allTextContents()).sort();
      const titles = await page.locator(".graph .edge > title").allTextContents();
      const edges = titles.map(withoutNumbersOfTime).sort();
      await page.keyboard.press("t");
      await page.waitForSelector("tbody tr", { timeout: WAIT_MS });
      const rows = await rowsOf(page);
      const doubts = await page.locator(".doubts li").allTextContents();
      return { nodes, edges, rows, doubts, complaints: [...complaints, ...foreign] };
    };
    const [pushed, scraped] = [await show(urls.pushed), await show(urls.scraped)];
    print(`\nboth pages: ${scraped.nodes.length} nodes, ${scraped.rows.length} edges, in a real Chromium`);
    return [...differences(pushed, scraped), ...againstPicture(scraped, picture)];
  } finally {
    await browser.close();
  }
}

/** Of `a calls b: failing, 0.4 requests per second, p95 142 ms, 10.8 % fail`: durations are coarser out of Prometheus. */
function withoutNumbersOfTime(title: string): string {
  return title
    .split(", ")
    .filter((part) => !/ requests? per |^p95 /.test(part))
    .join(", ");
}

async function rowsOf(page: Page): Promise<string[]> {
  const table = page.locator("table").first();
  const titles = (await table.locator("thead th").allTextContents()).map((title) => title.trim());
  const columns = COMPARED.map((title) => titles.indexOf(title));
  if (columns.includes(-1)) throw new Error(`the table has the columns ${titles.join(", ")}`);
  const rows: string[] = [];
  for (const row of await table.locator("tbody tr").all()) {
    const cells = await row.locator("td").allTextContents();
    rows.push(columns.map((column) => cells[column]?.trim()).join(" | "));
  }
  return rows.sort();
}

function differences(pushed: Shown, scraped: Shown): string[] {
  return (["nodes", "edges", "rows", "doubts", "complaints"] as const).flatMap((part) => {
    const [one, other] = [pushed[part].join("\n"), scraped[part].join("\n")];
    return one === other ? [] : [`the pages differ in their ${part}:\n${one}\n\n${other}`];
  });
}

/** The numbers on the page are those of the API, which have been compared with what was counted. */
function againstPicture({ rows, edges, complaints, doubts }: Shown, picture: Picture): string[] {
  const expected = picture.edges
    .map((edge) => [edge.client, edge.server, edge.requests, edge.failures].join(" "))
    .sort();
  const shown = rows
    .map((row) => row.split(" | "))
    .map(([client, server, , requests, failures]) =>
      [client, server, digitsOf(requests), digitsOf(failures)].join(" "),
    )
    .sort();
  const problems = [...complaints, ...doubts].map((text) => `the page says ${text}`);
  if (shown.join() !== expected.join())
    problems.push(`the table shows ${shown.join(", ")}, not ${expected.join(", ")}`);
  if (edges.length !== new Set(picture.edges.map(edgeId)).size)
    problems.push(`the graph has ${edges.length} edges`);
  return problems;
}

function digitsOf(text: string | undefined): string {
  return (text ?? "").replace(/\D/g, "");
}
