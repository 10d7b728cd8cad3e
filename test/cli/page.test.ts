// `render --html` and `--svg`: the files that are written.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageOf } from "../../src/cli/page/page.ts";
import { PAGE_SCRIPT } from "../../src/cli/page/page-script.ts";
import { PAGE_STYLE } from "../../src/cli/page/page-style.ts";
import { countNodes } from "../../src/tree/tree.ts";
import { hostileTrees } from "../draw/hostile.ts";
import { readMarkup } from "../draw/markup.ts";
import { otlpRequest } from "../support/files.ts";
import { node } from "../support/nodes.ts";
import { runCli } from "../support/run-cli.ts";
import { semanticsCases, spansOf } from "../support/semantics.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "page-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function requestOf(name: string): string {
  const found = semanticsCases().find((one) => one.name.startsWith(name));
  if (found === undefined) throw new Error(`no case ${name}`);
  return JSON.stringify(otlpRequest(spansOf(found)));
}

const FAIL_CLOSE = requestOf("the lab's fail-close run");

/** A page without what HTML writes differently from XML, and without its own style and script. */
function asMarkup(page: string): string {
  return page
    .replace("<!doctype html>\n", "")
    .split(`<style>${PAGE_STYLE}</style>`)
    .join("")
    .split(`<script>${PAGE_SCRIPT}</script>`)
    .join("")
    .replace(/<(meta|link)([^>]*)>/g, "<$1$2/>");
}

describe("a page", () => {
  test("holds whatever is in names as text, and nothing of it as markup", () => {
    fc.assert(
      fc.property(hostileTrees(), (tree) => {
        const elements = readMarkup(asMarkup(pageOf([{ tree, note: tree.traceId }])));
        const count = (name: string): number => elements.filter((one) => one.name === name).length;
        expect(count("script") + count("img") + count("style")).toBe(0);
        expect(elements.filter(({ attributes }) => attributes.get("class") === "detail")).toHaveLength(
          countNodes(tree.root),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("of a hundred huge trees stays small enough to be opened", () => {
    const leaves = Array.from({ length: 5_000 }, (_, i) => node(`s${i}`));
    const tree = { traceId: "", omitted: 0, root: node("root", {}, ...leaves) };
    const page = pageOf(Array.from({ length: 100 }, () => ({ tree })));
    expect(page.length).toBeLessThan(8_000_000);
    expect(page.match(/4961 nodes not drawn here/g)).toHaveLength(100);
    expect(pageOf([{ tree }])).toContain("3001 nodes not drawn here");
  });

  test("allows its own style and script by their hashes, and nothing else", () => {
    const page = pageOf([]);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hashOf = (tag: string): string => {
      const [, text = ""] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page) ?? [];
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `style-src ${hashOf("style")}`,
      `script-src ${hashOf("script")}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    // No address but those of namespaces.
    expect(page).not.toMatch(/https?:|\/\//);
  });
});

describe("render", () => {
  test("--html and --svg write their files beside what is printed", async () => {
    const [html, svg] = [join(folder, "tree.html"), join(folder, "tree.svg")];
    const plain = await runCli(["render"], FAIL_CLOSE);
    expect(await runCli(["render", "--html", html, "--svg", svg], FAIL_CLOSE)).toEqual(plain);
    expect(readFileSync(html, "utf8")).toContain("service-e GET / permission-denied");
    const elements = readMarkup(readFileSync(svg, "utf8"));
    expect(elements[0]?.attributes.get("xmlns")).toBe("http://www.w3.org/2000/svg");
    expect(elements.map(({ text }) => text)).toContain("permission-denied, 100 ms");
  });

  test("--svg says how many trees it leaves out", async () => {
    const svg = join(folder, "first.svg");
    const header = JSON.stringify({
      service: "a",
      operation: "GET /",
      status: "error",
      code: "internal",
      error: "gone",
      forced: true,
      children: [],
    });
    const files = ["a", "b"].map((service) => join(folder, service));
    for (const file of files) writeFileSync(file, header.replace('"a"', JSON.stringify(basename(file))));
    const run = await runCli(["render", "--svg", svg, ...files]);
    expect(run.err).toBe(`${svg} leaves out 1 more tree`);
  });

  test("writes no file if there is no tree, and says so", async () => {
    const html = join(folder, "none.html");
    const run = await runCli(["render", "--html", html], requestOf("nothing failed"));
    expect(run.code).toBe(0);
    expect(run.err).toContain(`${html} is not written: there is no tree to draw`);
    expect(() => readFileSync(html)).toThrow("ENOENT");
  });

  test("ends with 2 if a file cannot be written", async () => {
    const run = await runCli(["render", "--html", join(folder, "no/such/folder.html")], FAIL_CLOSE);
    expect(run.code).toBe(2);
    expect(run.err).toContain("cannot be written: ENOENT");
  });
});
