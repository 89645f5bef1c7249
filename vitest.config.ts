import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/bench/**'],
    setupFiles: ['test/fixed-seed.ts'],
    testTimeout: 20_000,
  },
});
export default config;
