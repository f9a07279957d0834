// default_peer.js - the shipped model in sinew and in ONNX Runtime, side by side
// on the same inputs.
//
//     node default_peer.js SINEW MODEL FOLDER NODE_MODULES
//
// FOLDER holds inputs as .npy (`parity_default_model crops FOLDER`). Every output
// must agree to 1e-3 of its largest value, and the highest bin of every vector
// whose value is clear of the others' must be the same.
'use strict';
const {execFileSync} = require('child_process');
const fs = require('fs');
const path = require('path');
const [sinew, model, folder, modules] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'onnxruntime-node'));

function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const size = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + size).toString('latin1');
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1]
      .split(',').filter((d) => d.trim()).map(Number);
  const data = bytes.subarray(10 + size);
  return {shape, data: new Float32Array(data.buffer.slice(
      data.byteOffset, data.byteOffset + data.length))};
}

// The highest bin of each row, -1 where another is within `near` of it.
function peaks(data, bins, near) {
  const found = [];
  for (let at = 0; at < data.length; at += bins) {
    const row = data.subarray(at, at + bins);
    let top = 0;
    row.forEach((v, i) => { if (v > row[top]) top = i; });
    const rivals = row.filter((v) => v > row[top] - near).length;
    found.push(rivals > 1 ? -1 : top);
  }
  return found;
}

async function main() {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1, interOpNumThreads: 1});
  const out = path.join(folder, 'out');
  const files = fs.readdirSync(folder).filter((f) => f.endsWith('.npy'));
  let worst = 0, vectors = 0, clear = 0, other = 0;
  if (!files.length) throw new Error('no inputs');
  for (const file of files) {
    const input = readNpy(path.join(folder, file));
    const theirs = await session.run({[session.inputNames[0]]:
        new ort.Tensor('float32', input.data, input.shape)});
    execFileSync(sinew, ['run', '-q', '-f', model, '--input',
                         path.join(folder, file), '--output-dir', out]);
    for (const name of session.outputNames) {
      const a = readNpy(path.join(out, name + '.npy')).data;
      const b = theirs[name].data;
      if (a.length !== b.length) throw new Error(`${name}: other shape`);
      const bins = theirs[name].dims[2];
      const most = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      let off = 0;
      a.forEach((v, i) => { off = Math.max(off, Math.abs(v - b[i])); });
      worst = Math.max(worst, off / most);
      const ours = peaks(a, bins, 2 * off), same = peaks(b, bins, 2 * off);
      vectors += same.length;
      same.forEach((top, i) => {
        if (top < 0 || ours[i] < 0) return;
        clear++;
        if (top !== ours[i]) other++;
      });
    }
  }
  console.log(`${files.length} people: outputs differ by ${
      worst.toExponential(1)} of the largest at most; of ${vectors} vectors ${
      clear} have a clear highest bin, ${other} another one`);
  process.exit(worst > 1e-3 || other || clear < vectors / 2 ? 1 : 0);
}

main().catch((error) => {
  console.error(`default_peer: ${error.message}`);
  process.exit(1);
});
