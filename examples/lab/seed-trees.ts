// The trees that the three runs must give in the default topology, written down by hand.
import type { ExpectedNode } from "./expected-tree.ts";

const SERVICE_E: ExpectedNode = {
  service: "service-e",
  code: "permission-denied",
  origin: "self",
  drift: [],
  message: "an error occurred in service service-e",
  count: 1,
  survived: false,
  children: [],
};

const SERVICE_B: ExpectedNode = {
  service: "service-b",
  code: "not-found",
  origin: "propagated",
  drift: ["permission-denied"],
  message: "an upstream dependency failed in service service-b",
  count: 1,
  survived: false,
  children: [SERVICE_E],
};

const ROOT: ExpectedNode = {
  service: "root",
  code: "not-found",
  origin: "propagated",
  drift: [],
  message: "an upstream dependency failed in service root",
  count: 1,
  survived: false,
  children: [SERVICE_B],
};

/** The lab's runs. */
export type RunName = "fail-close" | "fail-open" | "success";

/** The tree of each run; nothing fails in the third. */
export const SEED_TREES: Readonly<Record<RunName, ExpectedNode | undefined>> = {
  "fail-close": ROOT,
  "fail-open": { ...ROOT, code: "ok", origin: "handled", message: undefined },
  success: undefined,
};
