// Declares what the tables of `npm run e2e:servers` are made of: a row for each client of a server, a column for each case.
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Server, ServerKind } from "../../../collector-config/servers/server.ts";
import type { Receiver } from "../../../examples/lab/receiver.ts";

/** What a row works with. */
export interface Stage {
  /** The server of the row, of which it may do what it likes: it is stopped after the row. */
  readonly server: Server;
  /** The backend that services export to, as the variables of OTLP name it. */
  readonly receiver: Receiver;
  /** Ends what the row starts; it is taken at the end of the row. */
  readonly undo: Undo;
  /** Ends what rows share; it is taken at the end of all. */
  readonly whole: Undo;
}

/** Looks at one case; returns what is wrong, in words that say where. */
type Judge = () => Promise<readonly string[]>;

/** One client of one server. */
export interface Row<Case extends string = string> {
  /** The client, as its users call it. */
  readonly client: string;
  readonly server: ServerKind;
  /** Prepares the cases, in the order in which they are tried; one that is absent does not exist there. */
  set(stage: Stage): Promise<Readonly<Partial<Record<Case, Judge>>>>;
}

/** A table, and what its cases mean. */
export interface Table<Case extends string = string> {
  readonly title: string;
  readonly cases: Readonly<Record<Case, string>>;
  readonly rows: readonly Row<Case>[];
}
