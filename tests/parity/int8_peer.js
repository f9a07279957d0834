// int8_peer.js - the bytes of all grids of a quantised network, ours beside
// ONNX Runtime's.
//
//     node int8_peer.js FOLDER MODULES
//
// FOLDER holds what int8_peer has written, MODULES onnxruntime-node. With
// optimisations ONNX Runtime works in integers, but adds two grids in floats of
// its own order: now and then a sum next to a tie goes the other way, and the
// layers behind carry that on. So the first grid that differs may do so in eight
// bytes, or one of a thousand, and by one step, and nine in ten of all bytes have
// to be within one. Without them it works in floats between grids, which is only
// told.
'use strict';
const fs = require('fs');
const path = require('path');
const [folder, modules] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'onnxruntime-node'));

function compare(ours, results, names) {
  const sum = {bytes: 0, equal: 0, near: 0, worst: 0, first: null};
  for (const name of names) {
    const before = {...sum};
    for (const theirs of results[name].data) {
      const apart = Math.abs(theirs - ours[sum.bytes++]);
      sum.equal += apart === 0;
      sum.near += apart <= 1;
      sum.worst = Math.max(sum.worst, apart);
    }
    const bytes = sum.bytes - before.bytes;
    const other = bytes - (sum.equal - before.equal);
    if (other > 0 && !sum.first)
      sum.first = {name, other, bytes, worst: sum.worst};
  }
  return sum;
}

async function main() {
  const ours = fs.readFileSync(path.join(folder, 'ours.u8'));
  const file = fs.readFileSync(path.join(folder, 'input.f32'));
  const input = new Float32Array(file.buffer.slice(
      file.byteOffset, file.byteOffset + file.length));
  let fine = true;
  for (const level of ['disabled', 'all']) {
    const session = await ort.InferenceSession.create(
        path.join(folder, 'bytes.onnx'),
        {intraOpNumThreads: 1, graphOptimizationLevel: level});
    const [{name, shape}] = session.inputMetadata;
    const results =
        await session.run({[name]: new ort.Tensor('float32', input, shape)});
    const sum = compare(ours, results, session.outputNames);
    const share = (n) => (100 * n / sum.bytes).toFixed(3) + ' %';
    console.log(`optimisations ${level}: ${sum.bytes} bytes of ` +
                `${session.outputNames.length} grids, ` +
                `${share(sum.equal)} equal, ${share(sum.near)} within ` +
                `one step, worst ${sum.worst}`);
    const {first} = sum;
    if (first)
      console.log(`  first ${first.name}: ${first.other} of ` +
                  `${first.bytes} bytes, by ${first.worst}`);
    fine = fine && sum.bytes === ours.length &&
        (level === 'disabled' || !first ||
         first.other <= Math.max(8, first.bytes / 1000) &&
         first.worst <= 1 &&
         sum.near >= .9 * sum.bytes);
    await session.release();
  }
  process.exit(fine ? 0 : 1);
}

main();
