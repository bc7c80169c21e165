/* The strips lie on the time axis of the price: what is dragged over them is a range of both. */
(function () {
  "use strict";
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    overview: {
      followDrag: function (relayout, current) {
        return window.dash_clientside.view.pickRange(null, relayout, current);
      },
    },
  });
})();
