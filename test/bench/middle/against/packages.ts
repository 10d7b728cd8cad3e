// Whether the packages that are installed are those that another commit runs with.

/** As much of `package-lock.json` (version 3) as says what is loaded at run time. */
export interface Lock {
  /** By their place, such as `node_modules/a/node_modules/b`; the package itself at `""`. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * Packages that the locked one loads when it runs, and that are not installed in the same version. What is needed for
 * development alone counts for nothing.
 */
export function differingPackages(locked: Lock, installed: Lock): string[] {
  const differing: string[] = [];
  const places = new Set([""]);
  // A set grows while it is walked.
  for (const place of places) {
    const wanted = locked.packages[place] ?? {};
    const version = installed.packages[place]?.version;
    if (place !== "" && wanted.version !== version) {
      differing.push(
        `${nameAt(place)} ${wanted.version ?? "?"} (installed here: ${version ?? "not at all"})`,
      );
    }
    const { dependencies, optionalDependencies, peerDependencies } = wanted;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const found = resolve(locked, place, name);
      if (found !== undefined) places.add(found);
    }
  }
  return differing;
}

/** Where Node finds a package for another: beside it, or beside one that it lies within. Optional ones may be nowhere. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const place = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (Object.hasOwn(lock.packages, place)) return place;
    if (at === "") return undefined;
  }
}

function nameAt(place: string): string {
  return place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
}
