// Says how calls end, and what a client reports of them.

export const CALLS = ["Unary", "ClientStream", "ServerStream", "Bidi"] as const;
export type Kind = (typeof CALLS)[number];

/** How a call ends. */
export interface Script {
  /** Told in the trailer `from`. */
  readonly name?: string;
  readonly code: number;
  readonly details: string;
  /** Rich details of a status, in base64. */
  readonly details_bin?: string;
  /** Length of a trailer of the program. */
  readonly filler?: number;
}

/** What a client says of its calls. */
export interface Report {
  readonly calls: number;
  /** Calls of which status, details, trailers or rich details were not what the server sent. */
  readonly harmed: number;
  readonly examples: readonly string[];
  /** Answers that a client which knows nothing of them found among the trailers. */
  readonly answers: number;
  /** Bytes of the longest one. */
  readonly longest: number;
}

/** A google.rpc.Status in base64, with a detail of some type. Clients in Go compare its code and message with those of the call. */
function rich(code: number, message: string): string {
  const text = Buffer.from(message);
  const detail = Buffer.from([10, 6, ...Buffer.from("any/up"), 18, 3, 0xff, 0, 1]);
  return Buffer.from([8, code, 18, text.length, ...text, 26, detail.length, ...detail]).toString("base64");
}

/** Well, refused in several ways, with rich details, with large trailers, and with a tree that fills its room (code 13). */
export const SCRIPTS: readonly Script[] = [
  { code: 0, details: "" },
  { code: 5, details: "no such cart: äöü 100 %", details_bin: rich(5, "no such cart: äöü 100 %") },
  { code: 0, details: "", filler: 3_000 },
  { code: 13, details: "all of it broke" },
  { code: 9, details: "sold out", filler: 5_000, details_bin: rich(9, "sold out") },
  { code: 13, details: "all of it broke", filler: 2_500 },
  { code: 14, details: "" },
];
