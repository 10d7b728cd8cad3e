// What the middle service runs with, in the order in which a round measures it.

export type VariantName = "none" | "stock-1" | "ours" | "stock-100" | "recording";

/** How one variant is loaded, and what it has to export. */
export interface Variant {
  readonly name: VariantName;
  readonly title: string;
  /** One in so many requests comes with the sampled flag: the caller has the same head sampler. */
  readonly sampledOneIn: number;
  /** Spans exported for a request with the sampled flag: one in, one out. */
  readonly spansPerSampled: number;
  /** The caller asks for the error tree, and gets the answer that nothing failed. */
  readonly asks: boolean;
}

export const VARIANTS: readonly Variant[] = [
  { name: "none", title: "no OpenTelemetry", sampledOneIn: 100, spansPerSampled: 0, asks: false },
  { name: "stock-1", title: "stock, head 1 %", sampledOneIn: 100, spansPerSampled: 2, asks: false },
  { name: "ours", title: "ours, head 1 %", sampledOneIn: 100, spansPerSampled: 2, asks: true },
  { name: "stock-100", title: "stock, head 100 %", sampledOneIn: 1, spansPerSampled: 2, asks: false },
  { name: "recording", title: "recording alone", sampledOneIn: 100, spansPerSampled: 2, asks: false },
];
