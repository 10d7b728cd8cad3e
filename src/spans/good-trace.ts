// Names the attribute of a trace that was exported as an example of its operation.

/** On the root span: true, or false if the request failed after all. */
export const GOOD_TRACE = "error_tree.good_trace";
