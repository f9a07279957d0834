// int8_peer.js - the bytes of all grids of a quantised network, ours beside
// ONNX Runtime's.
//
//     node int8_peer.js FOLDER MODULES
//
// FOLDER holds what int8_peer has written, MODULES onnxruntime-node. With
// optimisations ONNX Runtime works in integers, and its bytes have to be ours
// but for one in a thousand: what either keeps in floats. Without them it works
// in floats between grids; what rounds the other way there is carried on, so
// that this is only told.
'use strict';
const fs = require('fs');
const path = require('path');
const [folder, modules] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'onnxruntime-node'));

function compare(ours, results, names) {
  const sum = {bytes: 0, equal: 0, near: 0, worst: 0};
  for (const name of names)
    for (const theirs of results[name].data) {
      const apart = Math.abs(theirs - ours[sum.bytes++]);
      sum.equal += apart === 0;
      sum.near += apart <= 1;
      sum.worst = Math.max(sum.worst, apart);
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
    fine = fine && sum.bytes === ours.length &&
        (level === 'disabled' || sum.equal >= .999 * sum.bytes);
    await session.release();
  }
  process.exit(fine ? 0 : 1);
}

main();
