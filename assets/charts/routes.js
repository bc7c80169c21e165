/* Loaded in the head, after the charts' library, which holds only the kinds of traces that pages draw at first. A figure in 3-D
   is drawn by another part of it, fetched once one is expected; both live side by side, and each goes on with what it drew. */
(function () {
  "use strict";
  var small = window.Plotly;
  if (!small || !small.newPlot) {
    return; // not loaded: awaited.js fetches the whole library
  }
  var KNOWN = ["scatter", "bar", "box", "candlestick", "heatmap", "scatterpolar"];
  var DRAWING = ["newPlot", "react", "toImage"];
  var coming = null;

  function solid() {
    coming =
      coming ||
      new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = document.querySelector("meta[name=solid-charts]").content;
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

  function over() {}

  /* Both draw into an element bit by bit, so one begins when the other is done. */
  function handedOver(element) {
    return Promise.all([solid(), element.drawnBySmall]).then(function (both) {
      element.drawnBySolid = both[0];
      return both[0];
    });
  }

  function route(library, name, inLibrary) {
    var own = library[name];
    library[name] = function (first, second) {
      var given = arguments;
      var element = first instanceof Element;
      if (first && first.drawnBySolid) {
        return inLibrary(first.drawnBySolid)[name].apply(null, given);
      }
      if (library === small && DRAWING.indexOf(name) >= 0 && beyond(name === "toImage" ? first : null, second)) {
        return (element ? handedOver(first) : solid()).then(
          function (found) {
            return element && !first.isConnected ? first : found[name].apply(null, given);
          },
          function (error) {
            /* Dash draws nothing more into an element that failed once. */
            window.dispatchEvent(new CustomEvent("solid-charts-failed"));
            window.console.error(error);
            return first;
          }
        );
      }
      var result = own.apply(this, given);
      if (element && result && result.then) {
        first.drawnBySmall = result.then(over, over);
      }
      return result;
    };
  }

  function routeAll(library, inLibrary) {
    Object.keys(library).forEach(function (name) {
      if (typeof library[name] === "function") {
        route(library, name, inLibrary);
      }
    });
  }

  /* Whether a figure has the size of its room already: Dash has each one laid out a second time after it was drawn first. */
  function fits(element) {
    var drawn = element._fullLayout;
    var room = element.getBoundingClientRect();
    return Boolean(drawn && room.width) && near(drawn.width, room.width) && near(drawn.height, room.height);
  }

  function near(one, other) {
    return Math.abs(one - other) < 1; // pixel
  }

  window.regimeCharts = {
    /* 3-D may be asked for soon; where its library cannot be fetched, this is told once there is something to draw. */
    expectSolid: function () {
      solid().catch(over);
    },
  };
  routeAll(small, function (found) {
    return found;
  });
  route(small.Plots, "resize", function (found) {
    return found.Plots;
  });
  var lay = small.Plots.resize;
  small.Plots.resize = function (element) {
    return fits(element) ? Promise.resolve(element) : lay(element);
  };
  ["hover", "unhover"].forEach(function (name) {
    route(small.Fx, name, function (found) {
      return found.Fx;
    });
  });
})();
