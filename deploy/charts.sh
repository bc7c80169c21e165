#!/bin/sh
# Builds plotly.js with the kinds of traces that the pages draw, and no others: `make charts` after plotly is another version.
set -eu
version=$1
out=$(cd "$(dirname "$0")/../assets/charts" && pwd)/plotly-$version.min.js
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund "plotly.js@$version" esbuild@0.28.2 esbuild-plugin-environment@0.5.0 \
  esbuild-plugin-glsl@1.4.2 esbuild-plugin-inline-css@0.0.1 stream-browserify@3.0.0
cat >entry.js <<'JS'
var Plotly = require("plotly.js/lib/core");
Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/box"),
  require("plotly.js/lib/candlestick"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/scatterpolar"),
]);
module.exports = Plotly;
JS
cat >build.js <<JS
const { environmentPlugin } = require("esbuild-plugin-environment");
const { glsl } = require("esbuild-plugin-glsl");
require("esbuild").build({
  entryPoints: ["entry.js"], outfile: "$out", bundle: true, minify: true, format: "iife", globalName: "Plotly", target: "es2020",
  legalComments: "none", banner: { js: "/*! plotly.js $version, MIT: scatter, bar, box, candlestick, heatmap, scatterpolar */" },
  plugins: [require("esbuild-plugin-inline-css")(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" }, define: { global: "window", "define.amd": "false" },
});
JS
node build.js
