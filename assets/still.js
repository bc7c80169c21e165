/* Elements that no callback reads or sets (`components/still.py`), drawn as React's own and not as components of Dash. */
(function () {
  "use strict";

  function kind(node) {
    return node.namespace === "dash_html_components" ? node.type.toLowerCase() : window[node.namespace][node.type];
  }

  function all(children) {
    return [].concat(children === undefined ? [] : children).map(drawn);
  }

  function drawn(node) {
    if (Array.isArray(node)) {
      return element(window.React.Fragment, null, node);
    }
    if (!node || !node.namespace) {
      return node;
    }
    var props = Object.assign({}, node.props);
    delete props.children;
    return element(kind(node), props, node.props.children);
  }

  function element(of, props, children) {
    return window.React.createElement.apply(null, [of, props].concat(all(children)));
  }

  window.regime_desk = Object.assign({}, window.regime_desk, {
    Still: function (props) {
      return element(window.React.Fragment, null, props.content);
    },
  });
})();
