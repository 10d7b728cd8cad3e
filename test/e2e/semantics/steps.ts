// What the test tells a performer to do.

/** What a span says at its end. */
export interface Said {
  readonly status?: "ok" | "error";
  readonly message?: string;
  readonly exception?: readonly [type: string, text: string];
}

interface Numbered {
  readonly number: number;
  readonly id: string;
  /** The span within which it is done. */
  readonly within: string;
}

export type Step = Numbered &
  (
    | {
        readonly do: "call";
        readonly method: string;
        readonly host: string;
        readonly port: number;
        readonly path: string;
        /** It connects later, by a step of its own. */
        readonly waits: boolean;
      }
    | { readonly do: "connect" }
    | { readonly do: "abort"; readonly reason: string }
    | { readonly do: "begin"; readonly name: string }
    | ({ readonly do: "end" } & Said)
    | ({ readonly do: "answer"; readonly http: number } & Said)
  );
