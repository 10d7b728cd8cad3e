import { describe, expect, it } from "vitest";
import { differingPackages, type LockedPackage } from "./packages.ts";

/** A library that runs with `sdk`, which has an `inner` of its own, and with `cli`; `tool` is for development. */
function lock(versions: Readonly<Record<string, string>> = {}): Record<string, LockedPackage> {
  const version = (place: string): string => versions[place] ?? "1.0.0";
  return {
    "": { version: "0.1.0", dependencies: { cli: "1" }, peerDependencies: { sdk: "1", absent: "1" } },
    "node_modules/cli": { version: version("cli") },
    "node_modules/sdk": { version: version("sdk"), dependencies: { inner: "1", outer: "1" } },
    "node_modules/sdk/node_modules/inner": { version: version("inner"), dependencies: { "@a/deep": "1" } },
    "node_modules/inner": { version: version("unused inner") },
    "node_modules/outer": { version: version("outer") },
    "node_modules/@a/deep": { version: version("@a/deep"), dependencies: { outer: "1" } },
    "node_modules/tool": { version: version("tool") },
  };
}

const differing = (installed: Record<string, LockedPackage>): string[] =>
  differingPackages({ packages: lock() }, { packages: installed });

describe("differingPackages", () => {
  it("finds none where the same is installed", () => {
    expect(differing(lock())).toEqual([]);
  });

  it.each(["cli", "sdk", "inner", "outer", "@a/deep"])(
    "finds another version of %s, which is needed for running",
    (name) => {
      expect(differing(lock({ [name]: "2.0.0" }))).toEqual([`${name} 1.0.0 (installed here: 2.0.0)`]);
    },
  );

  it.each(["tool", "unused inner"])("does not mind another version of %s, which is not", (name) => {
    expect(differing(lock({ [name]: "2.0.0" }))).toEqual([]);
  });

  it("finds what is not installed", () => {
    const { "node_modules/cli": _, ...installed } = lock();
    expect(differing(installed)).toEqual(["cli 1.0.0 (installed here: not at all)"]);
  });
});
