/* Grids: their library is large, so it is fetched when the first one is there to be drawn (`components/tables.py` keeps it out
   of the page's head). Cells: the sign of a regime in its colour, then its word. Rows: Enter picks as a click does. */
(function () {
  "use strict";
  var React = window.React;

  function fetched(resolve, reject) {
    var script = document.createElement("script");
    script.src = document.querySelector("meta[name=grids]").content;
    script.onload = function () {
      var library = window.dash_ag_grid;
      late.api = library.getApiAsync;
      window.dash_ag_grid = late; // else what is drawn already would be drawn anew, as another component
      resolve({ default: library.AgGrid });
    };
    script.onerror = function () {
      reject(new Error("The library of the tables could not be fetched: load the page anew."));
    };
    document.head.appendChild(script);
  }

  /* Once the page is there, so that a table further down has it at hand. */
  window.addEventListener("load", function () {
    window.setTimeout(function () {
      var link = document.createElement("link");
      link.rel = "prefetch";
      link.href = document.querySelector("meta[name=grids]").content;
      document.head.appendChild(link);
    }, 3000);
  });

  /* Once the browser has drawn what else there is: a table can wait for a chart. */
  var Grid = React.lazy(function () {
    return new Promise(function (resolve, reject) {
      (window.requestIdleCallback || window.setTimeout)(
        function () {
          fetched(resolve, reject);
        },
        { timeout: 2000 }
      );
    });
  });
  function AgGrid(props) {
    return React.createElement(React.Suspense, { fallback: null }, React.createElement(Grid, props));
  }
  AgGrid.dashRenderType = true;
  var late = { AgGrid: AgGrid };
  window.dash_ag_grid = late;
  var components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.RegimeCell = function (props) {
    if (!props.data) {
      return null;
    }
    return window.React.createElement(
      "span",
      { className: "regime" },
      window.React.createElement(
        "span",
        { className: "sign", style: { "--regime": props.data.colour }, "aria-hidden": "true" },
        props.data.sign
      ),
      props.value
    );
  };
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    grid: {
      /* What a table of many rows shows is of another dataset: the rows it has are let go, and the first ones asked for. */
      askAnew: function (_of, id) {
        if (!late.api) {
          return window.dash_clientside.no_update; // it is not there yet, and will ask for its first rows
        }
        late.api(id).then(function (api) {
          api.purgeInfiniteCache();
          api.ensureIndexVisible(0, "top");
        });
        return window.dash_clientside.no_update;
      },
    },
  });
  functions.leaveTable = function () {
    return false;
  };
  functions.pickOnEnter = function (params) {
    if (params.event.key === "Enter") {
      params.node.setSelected(true, true);
    }
  };
})();
