// What a lab service says it did, one JSON line per request: the observer's source, drawn from no span.
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { Code } from "otel-error-tree";

/** One call of a downstream, as its caller saw it. */
export interface CallAccount {
  /** Id of the call: the caller's own with a place appended, `0.1`; every retry has its own. */
  readonly call: string;
  readonly url: string;
  readonly code: Code;
  /** When it began; moments of this process are counted, not timed: of two events the later one has the larger number. */
  readonly began: number;
  /** When the head of the answer was there, or the failure. */
  readonly ended: number;
}

/** One request, as the service that answered it saw it. */
export interface Account {
  readonly requestId: string;
  readonly call: string;
  readonly service: string;
  /** What it answered. */
  readonly code: Code;
  /** Why it failed; absent where it did not. */
  readonly message?: string;
  readonly calls: readonly CallAccount[];
}

/** A function that appends accounts to a file (`-`: standard output), each before the answer that it is about. */
export function openAccounts(path: string): (account: Account) => void {
  const file = path === "-" ? process.stdout.fd : openSync(path, "a");
  return (account) => void writeSync(file, `${JSON.stringify(account)}\n`);
}

/** The accounts in a file by request id, then by call. */
export function readAccounts(path: string): ReadonlyMap<string, ReadonlyMap<string, Account>> {
  return new AccountReader(path).read();
}

/** Reads a file of accounts while it grows. */
export class AccountReader {
  readonly #path: string;
  readonly #requests = new Map<string, Map<string, Account>>();
  #read = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** All accounts so far by request id, then by call. */
  read(): ReadonlyMap<string, ReadonlyMap<string, Account>> {
    const file = openSync(this.#path, "r");
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#read);
      const length = readSync(file, bytes, 0, bytes.length, this.#read);
      // What stands behind the last line break is still being written.
      const end = bytes.subarray(0, length).lastIndexOf("\n") + 1;
      this.#read += end;
      for (const line of bytes.toString("utf8", 0, end).split("\n")) if (line !== "") this.#keep(line);
    } finally {
      closeSync(file);
    }
    return this.#requests;
  }

  #keep(line: string): void {
    const account = JSON.parse(line) as Account;
    const calls = this.#requests.get(account.requestId) ?? new Map<string, Account>();
    this.#requests.set(account.requestId, calls.set(account.call, account));
  }
}
