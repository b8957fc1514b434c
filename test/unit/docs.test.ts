import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { FAULTS } from '../../src/adapters/simulator/fault-plan.ts';

const root = join(import.meta.dirname, '../..');

interface Document {
  path: string;
  text: string;
  /** Without what stands in code blocks. */
  prose: string;
}

function read(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, prose: text.replace(/^```[\s\S]*?^```$/gm, '') };
}

const documents = globSync('**/*.md', {
  cwd: root,
  exclude: ['**/node_modules', '.cache', '.data', '.git'],
})
  .sort()
  .map(read);

interface Manifest {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}
const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
const manifest = readManifest('.');
const scripts = { ...manifest.scripts, ...readManifest('terraform-cdktf').scripts };

const offences = (check: (document: Document) => string[]): string[] =>
  documents.flatMap((document) => check(document).map((found) => `${document.path}: ${found}`));

/** A heading's anchor, as the usual renderers make it. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
  return words.trim().replaceAll(' ', '-');
}

function anchorsOf({ prose }: Document): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

/** The first column of the table below a heading, without its code marks. */
function firstColumn({ text }: Document, heading: string): string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name).sort();
}

describe('the documents', () => {
  it('link to files and headings that exist', () => {
    const broken = offences(({ path, prose }) =>
      [...prose.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => {
          const [file = '', anchor] = target.split('#');
          const to = file === '' ? path : relative(root, join(root, dirname(path), file));
          if (!existsSync(join(root, to))) return true;
          return anchor !== undefined && !anchorsOf(read(to)).includes(anchor);
        }),
    );
    assert.deepEqual(broken, []);
  });

  it('name files of this repository that exist', () => {
    const folders = 'src|providers|test|scripts|bench|docs|terraform-cdktf';
    const named = new RegExp(`\`((?:${folders})/[\\w./*-]+)\``, 'g');
    const missing = offences(({ prose }) =>
      [...prose.matchAll(named)]
        .map(([, path = '']) => path)
        .filter((path) => globSync(path, { cwd: root }).length === 0),
    );
    assert.deepEqual(missing, []);
  });

  it('name npm scripts that exist', () => {
    const unknown = offences(({ text }) =>
      [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !Object.hasOwn(scripts, script)),
    );
    assert.deepEqual(unknown, []);
  });

  it('say nothing of the place where they were written', () => {
    const places = [['', 'work'].join('/'), ['..', 'shared'].join('/')];
    const found = offences(({ text }) =>
      places.filter((place) => new RegExp(`(?<![\\w.])${place}(?!\\w)`).test(text)),
    );
    assert.deepEqual(found, []);
  });

  it('give each dependency and each install script its line, and no other', () => {
    const dependencies = read('docs/dependencies.md');
    const { dependencies: runtime, devDependencies, allowScripts } = manifest;
    assert.deepEqual(firstColumn(dependencies, 'At run time'), Object.keys(runtime).sort());
    const development = Object.keys(devDependencies).sort();
    assert.deepEqual(firstColumn(dependencies, 'For development'), development);
    const installing = Object.keys(allowScripts).sort();
    assert.deepEqual(firstColumn(dependencies, 'Install scripts'), installing);
  });

  it('tell of every fault of the simulators what it happens to, and whether a charge is taken', () => {
    const rows = [
      ...read('docs/simulators.md').text.matchAll(/^\| `([^`]+)` \| ([^|]+) \| (yes|no|–) \|/gm),
    ];
    const told = rows.map(([, name, on, taken]) => [name, on, taken]);
    const known = Object.entries(FAULTS).map(([name, { on, taken }]) => [
      name,
      on.join(', '),
      (on as readonly string[]).includes('charge') ? (taken ? 'yes' : 'no') : '–',
    ]);
    assert.deepEqual(told.sort(), known.sort());
  });

  it('number the decisions without a gap, each with context, choice and consequences', () => {
    const decisions = documents.filter(({ path }) => path.startsWith('docs/decisions/'));
    const wrong = decisions.flatMap(({ path, text }, index) => {
      const number = String(index + 1);
      const title = text.startsWith(`# ${number}. `);
      const name = path.startsWith(`docs/decisions/${number.padStart(4, '0')}-`);
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      const parts = headings.join(', ') === 'Context, Choice, Consequences';
      return title && name && parts ? [] : [path];
    });
    assert.deepEqual(wrong, []);
    assert.notEqual(decisions.length, 0);
  });
});
