/** Stands in place of what was taken out. */
export const REDACTED = "[redacted]";
