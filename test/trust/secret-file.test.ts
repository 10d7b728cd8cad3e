// Secrets out of a file: what is read, and what is refused without a throw and without waiting.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { resolveOptions } from "../../src/options/options.ts";
import { followSecret } from "../../src/setup/follow-secret.ts";
import { KeyRing } from "../../src/trust/key-ring.ts";
import { readSecretFile, rereadSecretFile } from "../../src/trust/secret-file.ts";
import { secretsOf } from "../../src/trust/secrets.ts";

const ONE = "k1:0123456789abcdef0123456789abcdef";
const TWO = "k2:fedcba9876543210fedcba9876543210";
const SECRET = /0123|fedc/;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A folder of the test's own. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "error-tree-secret-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A file with a text, of the mode that mounted secrets have. */
function file(text: string | Buffer, mode = 0o444): string {
  const path = join(folder(), "secret");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("a file", () => {
  test.each([
    ["without a line feed", ONE, ONE],
    ["with a line feed, as editors leave it", `${ONE}\n`, ONE],
    ["with space and the line's end of Windows", ` ${ONE}\r\n\r\n`, ONE],
    ["with two secrets", `${ONE},${TWO}\n`, `${ONE},${TWO}`],
    ["of the greatest size", "x".repeat(4096), "x".repeat(4096)],
  ])("%s is read", async (_, content, text) => {
    const path = file(content);
    expect(readSecretFile(path)).toEqual({ text });
    expect(await rereadSecretFile(path)).toEqual({ text });
  });

  test("is read through links, as Kubernetes mounts it", async () => {
    const path = folder();
    writeFileSync(join(path, "..data"), ONE);
    symlinkSync("..data", join(path, "secret"));
    expect(readSecretFile(join(path, "secret"))).toEqual({ text: ONE });
    expect(await rereadSecretFile(join(path, "secret"))).toEqual({ text: ONE });
  });

  const REFUSED: [string, () => string, string][] = [
    ["that is missing", () => join(folder(), "none"), "cannot be read (ENOENT)"],
    ["in a folder that is none", () => join(file(ONE), "x"), "cannot be read (ENOTDIR)"],
    ["with a name that is none", () => "a\0b", "cannot be read (ERR_INVALID_ARG_VALUE)"],
    ["with a name that is too long", () => "/".padEnd(5000, "x"), "cannot be read (ENAMETOOLONG)"],
    ["that is a folder", folder, "is no file"],
    ["that is a device", () => "/dev/zero", "is no file"],
    ["that is a pipe without another end", pipe, "is no file"],
    ["that links to itself", loop, "cannot be read (ELOOP)"],
    ["that is empty", () => file(""), "is empty"],
    ["of line feeds", () => file("\n \n"), "is empty"],
    ["that is too large", () => file("x".repeat(4097)), "has more than 4096 bytes"],
    ["that is far too large", () => file(Buffer.alloc(20_000_000)), "has more than 4096 bytes"],
    ["that everybody can write", () => file(ONE, 0o646), "can be written by everybody"],
  ];
  test.each(REFUSED)("%s is refused", async (_, path, fault) => {
    const name = path();
    expect(readSecretFile(name)).toEqual({ fault });
    expect(await rereadSecretFile(name)).toEqual({ fault });
  });

  test.skipIf(process.getuid?.() === 0)("that we may not read is refused", async () => {
    const path = file(ONE, 0);
    expect(readSecretFile(path)).toEqual({ fault: "cannot be read (EACCES)" });
    expect(await rereadSecretFile(path)).toEqual({ fault: "cannot be read (EACCES)" });
  });
});

function pipe(): string {
  const path = join(folder(), "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

function loop(): string {
  const path = join(folder(), "loop");
  symlinkSync("loop", path);
  return path;
}

describe("OTEL_ERROR_TREE_SECRET_FILE", () => {
  function resolved(options = {}): { secret: unknown; secretFile: unknown; lines: string[] } {
    const lines: string[] = [];
    const { secret, secretFile } = resolveOptions(options, (line) => lines.push(line));
    expect(lines.join("\n")).not.toMatch(SECRET);
    return { secret, secretFile, lines };
  }

  test("holds what the variable would hold", () => {
    const path = file(`${ONE},${TWO}\n`);
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", `${path}\n`);
    expect(resolved()).toEqual({ secret: [ONE, TWO], secretFile: path, lines: [] });
  });

  test("with a relative path names the same file after the program has changed its folder", () => {
    const path = file(ONE);
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", relative(process.cwd(), path));
    expect(resolved()).toEqual({ secret: [ONE], secretFile: path, lines: [] });
  });

  test("with a relative path, and without a current folder, names no file", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", "secrets/none");
    vi.spyOn(process, "cwd").mockImplementation(() => {
      throw Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), { code: "ENOENT" });
    });
    const lines = [expect.stringContaining("cannot be read (ENOENT)")];
    expect(resolved()).toEqual({ secret: undefined, secretFile: "secrets/none", lines });
  });

  test("that names no file leaves the service without a secret", () => {
    const path = join(folder(), "none");
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", path);
    expect(resolved()).toEqual({
      secret: undefined,
      secretFile: path,
      lines: [
        `OTEL_ERROR_TREE_SECRET_FILE must name a file with the secret, but ${JSON.stringify(path)} ` +
          "cannot be read (ENOENT); no token is accepted, and none is sent",
      ],
    });
  });

  test("with something wrong in it holds the rest", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", file(`${ONE},hunter2`));
    expect(resolved()).toMatchObject({
      secret: [ONE],
      lines: [
        expect.stringMatching(
          /^the file of OTEL_ERROR_TREE_SECRET_FILE must be "keyid:secret", .* got a second one without a colon; key id "k1" holds alone$/,
        ),
      ],
    });
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", file("0123456789"));
    expect(resolved()).toMatchObject({
      secret: undefined,
      lines: [expect.stringMatching(/no token is accepted, and none is sent$/)],
    });
  });

  test("gives way to the variable with the secret, and says so", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", file(TWO));
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", ONE);
    const lines = [
      "OTEL_ERROR_TREE_SECRET_FILE is not read, for OTEL_ERROR_TREE_SECRET is set as well, and holds alone",
    ];
    expect(resolved()).toEqual({ secret: ONE, secretFile: undefined, lines });
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", "hunter2");
    const { secret, lines: both } = resolved();
    expect([secret, both.length]).toEqual([undefined, 2]);
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", "  ");
    expect(resolved()).toMatchObject({ secret: [TWO], lines: [] });
  });

  test("gives way to code, unread", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", "/dev/zero");
    expect(resolved({ secret: ONE })).toEqual({ secret: ONE, secretFile: undefined, lines: [] });
  });

  test("that holds the secret itself does not show it", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", ONE);
    expect(resolved().lines).toHaveLength(1);
  });
});

describe("a file that is followed", () => {
  /** A ring that follows a file; `turn` has a minute pass. */
  function following(path: string, ...secrets: string[]) {
    const ring = new KeyRing(secretsOf(secrets), { now: () => 1_700_000_000_000 });
    const lines: string[] = [];
    const log = { complain: (line: string) => lines.push(line), info: (line: string) => lines.push(line) };
    let task = (): void => expect.unreachable();
    let stopped = false;
    const clock = {
      every: (ms: number, run: () => void) => {
        expect(ms).toBe(60_000);
        task = run;
        return () => {
          stopped = true;
        };
      },
    };
    const stop = followSecret(path, ring, clock, log as never);
    const turn = async (): Promise<void> => {
      task();
      const { keyIds } = ring;
      const before = lines.length;
      await vi.waitFor(() => {
        task();
        expect(ring.keyIds.join() === keyIds.join() && lines.length === before).toBe(false);
      });
    };
    return { ring, lines, turn, task: () => task(), stop, isStopped: () => stopped };
  }

  test("puts what it holds now in the place of what it held", async () => {
    const path = file(ONE, 0o644);
    const { ring, lines, turn } = following(path, ONE);
    const before = ring.signed();
    writeFileSync(path, `${TWO},${ONE}\n`);
    await turn();
    expect([ring.keyIds, ring.fault(before), ring.signed().slice(0, 3)]).toEqual([
      ["k2", "k1"],
      undefined,
      "k2:",
    ]);
    writeFileSync(path, TWO);
    await turn();
    expect([ring.keyIds, ring.fault(before)]).toEqual([["k2"], "unknown-key-id"]);
    writeFileSync(path, TWO.replaceAll("f", "e"));
    const signed = ring.signed();
    await turn();
    expect([ring.keyIds, ring.fault(signed)]).toEqual([["k2"], "wrong-token"]);
    expect(lines).toEqual([
      "the file of secrets has changed; key ids: k2, k1",
      "the file of secrets has changed; key ids: k2",
      "the file of secrets has changed; key ids: k2",
    ]);
  });

  test("may come later than the service", async () => {
    const path = join(folder(), "secret");
    const { ring, lines, turn } = following(path);
    expect([ring.isEmpty, ring.signed(), ring.fault(`k1:${"A".repeat(22)}`)]).toEqual([
      true,
      "",
      "unknown-key-id",
    ]);
    await turn();
    expect(lines).toEqual([expect.stringContaining("cannot be read (ENOENT); what it held before holds on")]);
    writeFileSync(path, ONE);
    await turn();
    expect([ring.isEmpty, ring.keyIds]).toEqual([false, ["k1"]]);
  });

  test("leaves the ring alone when nothing in it can be used, and says so once", async () => {
    const path = file(ONE, 0o644);
    const { ring, lines, turn, task } = following(path, ONE);
    const key = ring.signed();
    writeFileSync(path, "hunter2");
    await turn();
    for (let i = 0; i < 5; i++) {
      task();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(lines).toEqual([expect.stringMatching(/got a first one without a colon/)]);
    chmodSync(path, 0o666);
    await turn();
    expect(lines[1]).toMatch(/can be written by everybody; what it held before holds on/);
    rmSync(path);
    await turn();
    expect(ring.fault(key)).toBeUndefined();
    expect(lines.join("\n")).not.toMatch(SECRET);
  });

  test("is not shown if the variable holds the secret itself", async () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", ONE);
    const { secretFile = "" } = resolveOptions({}, () => {});
    const { lines, turn } = following(secretFile);
    await turn();
    expect(lines).toEqual([expect.stringContaining("cannot be read (ENOENT); what it held before holds on")]);
    expect(lines.join("\n")).not.toMatch(SECRET);
  });

  test("is named as the variable named it, also when the program has deleted that", async () => {
    const path = join(folder(), "secret");
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", path);
    const { lines, turn } = following(path);
    vi.stubEnv("OTEL_ERROR_TREE_SECRET_FILE", undefined);
    await turn();
    expect(lines).toEqual([expect.stringContaining(`but "${path}" cannot be read (ENOENT)`)]);
  });

  test("is not read any more after its end", () => {
    const { stop, isStopped } = following(file(ONE), ONE);
    stop();
    expect(isStopped()).toBe(true);
  });
});
