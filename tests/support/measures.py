"""JavaScript functions that measure a page for readers in a browser."""

# The largest sum of layout shifts while a page arrives from a server. A part may end within a text, which
# then moves to the next line as the rest of it arrives: an item of the menu does so by 0.009 on a phone.
MAX_SHIFT = 0.02
# Returns a text for each layout shift since the page was requested: how large it is, and what moved. It
# returns none if their sum is `limit` at most.
SHIFTS = """limit => new Promise(resolve => {
    const moved = ({ sources }) => sources.map(({ node }) => node?.outerHTML?.slice(0, 80));
    const describe = entries => {
        if (entries.reduce((sum, { value }) => sum + value, 0) <= limit) return [];
        return entries.map(entry => `${entry.value.toFixed(4)}, ${moved(entry)}`);
    };
    const observer = new PerformanceObserver(list => resolve(describe(list.getEntries())));
    observer.observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(describe(observer.takeRecords()))));
})"""
# Replaces the page by the one at `address`, and lets its HTML arrive in parts: each ends with a tag, and is
# shown before the next one arrives. What is below the second screen arrives at once. So does the header of
# the page: on a desktop, its links to other languages end at the side of the page, so the first ones move as
# more of them arrive (by 0.0009 with three languages).
ARRIVE_IN_PARTS = """async address => {
    const [head, header, body] = (await (await fetch(address)).text()).split(/(?=<body)|(?=<main)/);
    document.open();
    document.write(head);
    const link = document.querySelector("link[rel=stylesheet]");
    if (!link.sheet) await new Promise((resolve, reject) => [link.onload, link.onerror] = [resolve, reject]);
    const parts = [header, ...body.match(/.{100,}?>|.+$/gs)];
    while (parts.length) {
        await new Promise(requestAnimationFrame);
        const isBelow = document.body?.scrollHeight > 2 * innerHeight;
        document.write(isBelow ? parts.splice(0).join("") : parts.shift());
    }
    document.close();
}"""
