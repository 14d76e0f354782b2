// Reads drawings with bpmn-moddle and the zeebe descriptor, saves them unchanged and judges them with bpmnlint.
//
//     node tests/drawings/moddle.js FILE ...     one JSON object: by file, {saved, warnings, findings}
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { BpmnModdle } from 'bpmn-moddle';

const require = createRequire(import.meta.url);
const Linter = require('bpmnlint/lib/linter');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');
const zeebe = JSON.parse(await readFile(require.resolve('zeebe-bpmn-moddle/resources/zeebe.json'), 'utf8'));

const resolver = new NodeResolver();

async function judge(file) {
  const moddle = new BpmnModdle({ zeebe });
  const { rootElement, warnings } = await moddle.fromXML(await readFile(file, 'utf8'));
  const { xml } = await moddle.toXML(rootElement, { format: true });
  // One for each file: some of its rules remember what they have seen.
  const linter = new Linter({ config: { extends: 'bpmnlint:recommended' }, resolver });
  const found = await linter.lint(rootElement);
  const findings = Object.entries(found).flatMap(([rule, reports]) => reports.map(({ id, message }) => `${id}: ${message} (${rule})`));
  return { saved: xml, warnings: warnings.map(warning => warning.message), findings };
}

const judged = {};
for (const file of process.argv.slice(2)) judged[file] = await judge(file);
console.log(JSON.stringify(judged));
