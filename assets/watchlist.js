/* Rows of the watchlist: a button that asks to remove a file, and Enter, which presses it or picks the row. */
(function () {
  "use strict";
  var components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.WatchRemove = function (props) {
    if (!props.data || !props.value) {
      return null;
    }
    return window.React.createElement(
      "button",
      {
        type: "button",
        className: "watch-remove",
        title: "Remove " + props.data.file,
        "aria-label": "Remove " + props.data.file,
        tabIndex: -1,
        /* Of the element itself: the grid, which picks the row that is clicked, hears of it before React does. */
        ref: function (button) {
          if (button) {
            button.onclick = function (event) {
              event.stopPropagation();
              /* Asked anew each time, also of the same row. */
              window.dash_clientside.set_props("label-watch-asked", { data: { id: props.data.id, at: Date.now() } });
            };
          }
        },
      },
      "Remove"
    );
  };
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.watchKey = function (params) {
    if (params.event.key !== "Enter") {
      return;
    }
    var button = params.event.target.querySelector(".watch-remove");
    if (params.column.getColId() !== "remove") {
      params.node.setSelected(true, true);
    } else if (button) {
      button.click();
    }
  };
})();
