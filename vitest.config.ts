import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config";

/** Tests of the real programs that `npm run tools` brings. */
const PIPELINES = [
  "test/e2e/{pipeline,jaeger,render-jaeger,objectives,prometheus}/**/*.test.ts",
  "test/e2e/{jaeger,render-jaeger,lab-backend}.test.ts",
];

/** Tests of the observatory's page in a real Chromium. */
const PAGE = ["test/e2e/observatory-page/**/*.test.ts"];

const config: ViteUserConfig = defineConfig({
  test: {
    // Tests wait for events, never for a time; the limit only ends a test that hangs on a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core to whoever waits for it, which on two cores is half of them; most tests wait for other processes.
    maxWorkers: "100%",
    projects: [
      {
        // `npm test`: needs Node and npm alone.
        extends: true,
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...PIPELINES, ...PAGE],
        },
      },
      {
        // A part of `npm run e2e`. One file after the other: each of them starts several programs.
        extends: true,
        test: { name: "pipelines", include: PIPELINES, fileParallelism: false },
      },
      {
        // `npm run e2e:page`
        extends: true,
        test: { name: "page", include: PAGE, fileParallelism: false },
      },
    ],
  },
});

export default config;
