// What the middle service runs with, in the order in which a round measures it.

export type VariantName =
  | "none"
  | "stock-1"
  | "ours"
  | "stock-100"
  | "recording"
  | "least"
  | "flow-off"
  | "flow-on";

/** How one variant is loaded, and what it has to export. */
export interface Variant {
  readonly name: VariantName;
  readonly title: string;
  /** One in so many requests comes with the sampled flag: the caller has the same head sampler. */
  readonly sampledOneIn: number;
  /** The spans of a request with the sampled flag are exported. */
  readonly exports: boolean;
  /** The caller may ask for the error tree, and then gets an answer. */
  readonly answers: boolean;
}

export const VARIANTS: readonly Variant[] = [
  { name: "none", title: "no OpenTelemetry", sampledOneIn: 100, exports: false, answers: false },
  { name: "stock-1", title: "stock, head 1 %", sampledOneIn: 100, exports: true, answers: false },
  { name: "ours", title: "ours, head 1 %", sampledOneIn: 100, exports: true, answers: true },
  { name: "stock-100", title: "stock, head 100 %", sampledOneIn: 1, exports: true, answers: false },
  { name: "recording", title: "recording alone", sampledOneIn: 100, exports: true, answers: false },
];

/** What no way of asking and answering can be cheaper than: see `least.ts`. */
export const LEAST: Variant = {
  name: "least",
  title: "the least an ask costs",
  sampledOneIn: 100,
  exports: true,
  answers: true,
};

/** The same service of ours with a metric reader: what counting each request by edge costs. */
export const FLOW_VARIANTS: readonly Variant[] = [
  { name: "flow-off", title: "flow counts off", sampledOneIn: 100, exports: true, answers: true },
  { name: "flow-on", title: "flow counts on", sampledOneIn: 100, exports: true, answers: true },
];
