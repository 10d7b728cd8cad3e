// What went wrong in an attack of many tries: told once for each client or way, with the first example.

export class Harm {
  readonly #found = new Map<string, { readonly example: string; times: number }>();

  /** How often something went wrong. */
  get size(): number {
    return [...this.#found.values()].reduce((sum, { times }) => sum + times, 0);
  }

  add(what: string, who: string, example: string): void {
    const key = `${what}: ${who}`;
    const found = this.#found.get(key);
    if (found === undefined) this.#found.set(key, { example, times: 1 });
    else found.times++;
  }

  lines(): string[] {
    return [...this.#found].map(([key, { example, times }]) => `${key}, ${times} times, first: ${example}`);
  }
}
