import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vite';

/** The licences of all packages that are in the bundle: they ask to come with every copy. */
const packages = new Map();

function packageOf(file) {
  let folder = dirname(file);
  while (folder.includes('node_modules')) {
    const description = join(folder, 'package.json');
    if (existsSync(description)) {
      const { name, version } = JSON.parse(readFileSync(description, 'utf8'));
      if (name && version) return { folder, title: `${name} ${version}` };
    }
    folder = dirname(folder);
  }
  return undefined;
}

const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const files = Object.values(bundle).flatMap((part) => part.moduleIds ?? []);
    for (const file of files.map((id) => id.replace(/^\0/, '').split('?')[0])) {
      const found = packageOf(file);
      if (found) packages.set(found.title, found.folder);
    }
  },
};

const licenceFile = {
  name: 'licence-file',
  generateBundle() {
    const texts = [...packages].sort().map(([title, folder]) => {
      const names = readdirSync(folder).filter((name) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(name));
      return [title, ...names.map((name) => readFileSync(join(folder, name), 'utf8').trim())].join('\n\n');
    });
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join(`\n\n${'-'.repeat(80)}\n\n`) });
  },
};

export default defineConfig({
  plugins: [licences, licenceFile],
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  worker: { format: 'es', plugins: () => [licences] },
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
  },
  experimental: {
    // The page is at …/graphql and its files are at …/pages/, whatever comes before.
    renderBuiltUrl: (file, { hostType }) =>
      hostType === 'html' ? file.replace(/^assets\//, 'pages/') : { relative: true },
  },
});
