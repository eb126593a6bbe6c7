import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const outDir = join(import.meta.dirname, '../../dist/console');

/** Compressed once, here, instead of at every request. */
function compressedBeside(): Plugin {
  return {
    name: 'compressed-beside',
    apply: 'build',
    closeBundle: async () => {
      const assets = join(outDir, 'assets');
      const names = (await readdir(assets)).filter((name) => /\.(?:js|css|svg)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const path = join(assets, name);
          const content = await readFile(path);
          await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
          await writeFile(`${path}.gz`, await promisify(gzip)(content));
        }),
      );
    },
  };
}

/** Without `build` it serves the sources, with a gateway on this machine behind them. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  // The policy of the pages allows no code or style in the page itself.
  build: {
    outDir,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    rolldownOptions: {
      onLog: (level, log, handle) => {
        // Libraries mark files for server-side rendering, which there is none of.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  logLevel: 'warn',
  server: { proxy: { '/admin': process.env.GATEWAY ?? 'http://127.0.0.1:8080' } },
  plugins: [compressedBeside()],
});
