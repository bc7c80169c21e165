/* Cells of tables: the sign of a regime in its colour, then its word. Rows: Enter picks as a click does. */
(function () {
  "use strict";
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
  functions.pickOnEnter = function (params) {
    if (params.event.key === "Enter") {
      params.node.setSelected(true, true);
    }
  };
})();
