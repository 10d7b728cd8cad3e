// Names that a process finds without any name server.
import dns from "node:dns";

type Found = (error: Error | null, address?: unknown, family?: number) => void;

/** Has names resolve as this JSON says, `{"evil.example": "198.51.100.7"}`; all others as ever. */
export function resolveNames(json = "{}"): void {
  const names = JSON.parse(json) as Record<string, string>;
  const lookup = dns.lookup as (...args: unknown[]) => void;
  const found = (name: string, ...rest: unknown[]): void => {
    const done = rest.at(-1) as Found;
    const address = names[name.toLowerCase()];
    if (address === undefined) {
      lookup(name, ...rest);
      return;
    }
    const family = address.includes(":") ? 6 : 4;
    const { all = false } = (rest.length > 1 ? rest[0] : {}) as { readonly all?: boolean };
    if (all) process.nextTick(done, null, [{ address, family }]);
    else process.nextTick(done, null, address, family);
  };
  dns.lookup = found as unknown as typeof dns.lookup;
}
