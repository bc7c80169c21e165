/* Loaded in the head, after the charts' library, which holds only the kinds of traces that pages draw at first. A figure with any
   other kind (3-D) is drawn by the whole library, fetched then; both live side by side, and each goes on with what it drew. */
(function () {
  "use strict";
  var small = window.Plotly;
  if (!small || !small.newPlot) {
    return; // not loaded: awaited.js fetches the whole library
  }
  var KNOWN = ["scatter", "bar", "box", "candlestick", "heatmap", "scatterpolar"];
  var DRAWING = ["newPlot", "react", "toImage"];
  var coming = null;

  function whole() {
    coming =
      coming ||
      new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = document.querySelector("meta[name=charts]").content;
        script.onload = function () {
          var library = window.Plotly;
          window.Plotly = small;
          resolve(library);
        };
        script.onerror = function () {
          coming = null;
          reject(new Error("The library of 3-D charts could not be fetched: load the page anew."));
        };
        document.head.appendChild(script);
      });
    return coming;
  }

  function tracesOf(first, second) {
    var given = [second, second && second.data, first && first.data].filter(Array.isArray);
    return given[0] || [];
  }

  function beyond(first, second) {
    return tracesOf(first, second).some(function (trace) {
      return trace.type && KNOWN.indexOf(trace.type) < 0;
    });
  }

  function route(library, name, inLibrary) {
    var own = library[name];
    library[name] = function (first, second) {
      var given = arguments;
      if (first && first.drawnByWhole) {
        return inLibrary(first.drawnByWhole)[name].apply(null, given);
      }
      if (library === small && DRAWING.indexOf(name) >= 0 && beyond(name === "toImage" ? first : null, second)) {
        return whole().then(function (found) {
          if (first instanceof Element) {
            first.drawnByWhole = found;
          }
          return found[name].apply(null, given);
        });
      }
      return own.apply(this, given);
    };
  }

  function routeAll(library, inLibrary) {
    Object.keys(library).forEach(function (name) {
      if (typeof library[name] === "function") {
        route(library, name, inLibrary);
      }
    });
  }

  routeAll(small, function (found) {
    return found;
  });
  route(small.Plots, "resize", function (found) {
    return found.Plots;
  });
  ["hover", "unhover"].forEach(function (name) {
    route(small.Fx, name, function (found) {
      return found.Fx;
    });
  });
})();
