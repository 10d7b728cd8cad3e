// What is released: the files of the package, and the workflow that publishes it.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

describe("the package", () => {
  test("has every page that its pages lead to, and nothing that it does not need", async () => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const { stdout } = await promisify(execFile)("npm", args, { cwd: fileURLToPath(ROOT) });
    const packed = Object.values(JSON.parse(stdout))[0] as { files: { path: string }[]; size: number };
    const files = packed.files.map(({ path }) => path);
    const missing = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((page) =>
        [...read(page).matchAll(/\]\(([^):#\s]+\.(?:md|png|svg|proto))/g)].map(([, link = ""]) =>
          posix.normalize(posix.join(posix.dirname(page), link)),
        ),
      )
      .filter((path) => /^(?:docs\/|[A-Z]+\.md$)|\.proto$/.test(path) && !files.includes(path));
    expect([...new Set(missing)]).toEqual([]);
    expect(
      files.filter((path) => !/^(?:dist|docs)\/|^[A-Z]+(?:\.md)?$|^package\.json$|\.proto$/.test(path)),
    ).toEqual([]);
    // Half of it are the SDK of the demo and the pictures of the pages.
    expect(packed.size).toBeLessThan(1_720_000);
  });

  test("is named like its command, and needs no peer for it", () => {
    const { name, bin, peerDependencies, peerDependenciesMeta } = JSON.parse(read("package.json"));
    expect(Object.keys(bin)).toEqual([name, "error-tree"]);
    for (const peer of Object.keys(peerDependencies)) {
      expect([peer, peerDependenciesMeta[peer]]).toEqual([peer, { optional: true }]);
    }
  });
});

describe("the workflow of a release", () => {
  const text = read(".github/workflows/release.yml");
  const { jobs, permissions } = parse(text);

  test("publishes with provenance, after the tests, and without a secret", () => {
    const runs = (job: { steps: { run?: string }[] }): string[] => job.steps.flatMap(({ run }) => run ?? []);
    expect(jobs.publish.needs).toBe("test");
    expect(runs(jobs.test)).toContain("bash .ci/run");
    expect(runs(jobs.publish).at(-1)).toBe("npm publish --provenance --access public");
    expect(jobs.publish.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(permissions).toEqual({ contents: "read" });
    expect(text).not.toMatch(/secrets\.|_TOKEN/);
  });
});
