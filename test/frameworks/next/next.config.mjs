// The program is built twice: as it is, and by hand, with an instrumentation file.

export default { distDir: process.env.BY_HAND === "yes" ? ".next-by-hand" : ".next" };
