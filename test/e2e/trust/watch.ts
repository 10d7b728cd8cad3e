// What the replicas have seen and said since it was last looked at.
import type { Replica } from "./replica.ts";

/** One replica during one step. */
export interface Watched {
  readonly name: string;
  readonly service: string;
  /** Asks that it refused. */
  readonly refused: number;
  /** Its warnings. */
  readonly lines: readonly string[];
  /** Ids of the keys whose tokens it accepted. */
  readonly keyIds: readonly string[];
}

interface Look {
  readonly refused: number;
  readonly lines: number;
  readonly byKeyId: Readonly<Record<string, number>>;
}

const NOTHING: Look = { refused: 0, lines: 0, byKeyId: {} };

/** Takes the difference between two looks at the same replicas. */
export class Watch {
  readonly #last = new Map<Replica, Look>();

  /** Each replica since the last look, by its own last words; those that were stopped before have nothing new to say. */
  look(replicas: readonly Replica[]): Watched[] {
    return replicas.map((replica) => {
      const { name, service, words } = replica;
      const { counts, diagnostics = [], seen } = words ?? {};
      const last = this.#last.get(replica) ?? NOTHING;
      const refused = counts?.asks_refused ?? 0;
      const byKeyId = { ...seen?.byKeyId };
      this.#last.set(replica, { refused, lines: diagnostics.length, byKeyId });
      return {
        name,
        service,
        refused: refused - last.refused,
        lines: diagnostics.slice(last.lines),
        keyIds: Object.keys(byKeyId).filter((id) => byKeyId[id] !== last.byKeyId[id]),
      };
    });
  }
}
