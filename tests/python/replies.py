"""Two servers of TensorBoard's HTTP API over the same logs, question by question."""

import json
import re
import time

import numpy as np
from google.protobuf import text_format
from stock import fetch, fetch_json, query, until
from tensorboard.compat.proto import config_pb2, graph_pb2

PLUGINS = ["scalars", "histograms", "distributions", "images", "audio", "text", "pr_curves", "mesh", "timeseries"]
STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
GROUPS = {"startIndex": 0, "sliceSize": 100, "allowedStatuses": STATUSES}


def html(text):
    """HTML without the white space that shows nothing."""
    return re.sub(r"\s+", " ", re.sub(r"\s*(<[^>]*>)\s*", r"\1", ordered(text))).replace("&quot;", '"').strip()


def ordered(text):
    """HTML with the attributes of its tags in one order."""

    def tag(match):
        attributes = sorted(re.findall(r'\s+([a-z]+="[^"]*")', match[2]))
        return f"<{match[1]}{''.join(' ' + one for one in attributes)}>"

    return re.sub(r'<([a-z0-9]+)((?:\s+[a-z]+="[^"]*")+)\s*>', tag, text)


def plain(value, single=False, key=None):
    """What is compared: lists of values that may stand in any order sorted, HTML without white space,
    numbers as 32 bits hold them where TensorBoard's Python loader keeps no more (`single`)."""
    if isinstance(value, dict):
        found = {name: plain(one, single, name) for name, one in value.items()}
        for name, about in found.items():
            # A value of 2015 that names its plugin all the same: its tag is a name only to them.
            if isinstance(about, dict) and about.get("displayName") == "":
                about["displayName"] = name
        return found
    if isinstance(value, list):
        found = [plain(one, single) for one in value]
        return sorted(found, key=str) if key == "domainDiscrete" else found
    if isinstance(value, str) and ("<" in value or key in ("text", "description")):
        return html(value)
    if single and isinstance(value, float):
        return float(np.float32(value))
    return value


def difference(theirs, ours, at=""):
    """Where two JSON values differ first."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted({*theirs, *ours}):
            if name not in theirs or name not in ours:
                return f"{at}/{name} is only {'ours' if name in ours else 'theirs'}"
            if found := difference(theirs[name], ours[name], f"{at}/{name}"):
                return found
        return None
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return f"{at} has {len(theirs)} of theirs and {len(ours)} of ours"
        pairs = (difference(a, b, f"{at}/{i}") for i, (a, b) in enumerate(zip(theirs, ours)))
        return next(filter(None, pairs), None)
    if theirs == ours:
        return None
    theirs, ours = str(theirs), str(ours)
    first = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b), min(len(theirs), len(ours)))
    near = slice(max(0, first - 40), first + 80)
    return f"{at}: {theirs[near]!r} of theirs, {ours[near]!r} of ours"


def questions(url):
    """Every question that TensorBoard's own pages ask about these logs: path, body, media type."""
    yield "runs", None, None
    for plugin in PLUGINS:
        yield f"plugin/{plugin}/tags", None, None
    form = "application/x-www-form-urlencoded"
    scalars = fetch_json(url, "plugin/scalars/tags")
    for run, tags in scalars.items():
        for tag in tags:
            asked = query(run=run, tag=tag)
            yield f"plugin/scalars/scalars?{asked}", None, None
            yield f"plugin/scalars/scalars?{asked}&format=csv", None, None
    for tag in sorted({tag for tags in scalars.values() for tag in tags}):
        runs = [run for run, tags in scalars.items() if tag in tags]
        yield "plugin/scalars/scalars_multirun", query(tag=tag, runs=runs).encode(), form
        requests = json.dumps([{"plugin": "scalars", "tag": tag}, {"plugin": "no", "tag": tag}, {"plugin": "images"}])
        yield "plugin/timeseries/timeSeries", query(requests=requests).encode(), form
    for run, tags in fetch_json(url, "plugin/histograms/tags").items():
        for tag in tags:
            asked = query(run=run, tag=tag)
            yield f"plugin/histograms/histograms?{asked}", None, None
            yield f"plugin/distributions/distributions?{asked}", None, None
            requests = json.dumps([{"plugin": "histograms", "tag": tag, "run": run}, {"plugin": "histograms", "tag": tag}])
            yield f"plugin/timeseries/timeSeries?{query(requests=requests)}", None, None
    for run, tags in fetch_json(url, "plugin/images/tags").items():
        for tag, about in tags.items():
            for sample in range(about["samples"]):
                yield f"plugin/images/images?{query(run=run, tag=tag, sample=sample)}", None, None
                requests = json.dumps([{"plugin": "images", "tag": tag, "run": run, "sample": sample}])
                yield f"plugin/timeseries/timeSeries?{query(requests=requests)}", None, None
    for run, tags in fetch_json(url, "plugin/audio/tags").items():
        for tag, about in tags.items():
            for sample in range(about["samples"]):
                yield f"plugin/audio/audio?{query(run=run, tag=tag, sample=sample)}", None, None
    for run, tags in fetch_json(url, "plugin/text/tags").items():
        for tag in tags:
            yield f"plugin/text/text?{query(run=run, tag=tag)}", None, None
            yield f"plugin/text/text?{query(run=run, tag=tag)}&markdown=false", None, None
    curves = fetch_json(url, "plugin/pr_curves/tags")
    for tag in sorted({tag for tags in curves.values() for tag in tags}):
        yield f"plugin/pr_curves/pr_curves?{query(tag=tag, run=[run for run in curves if tag in curves[run]])}", None, None
    for run, tags in fetch_json(url, "plugin/mesh/tags").items():
        for tag, about in tags.items():
            yield f"plugin/mesh/meshes?{query(run=run, tag=tag)}", None, None
            for sample in range(about["samples"]):
                for part in ("VERTEX", "FACE", "COLOR"):
                    asked = query(run=run, tag=tag, sample=sample, step=0, content_type=part)
                    yield f"plugin/mesh/data?{asked}", None, None
    yield "plugin/custom_scalars/layout", None, None
    for run in scalars:
        for pattern in ("loss", ".*l", "(", ""):
            yield f"plugin/custom_scalars/scalars?{query(run=run, tag=pattern)}", None, None
    yield "plugin/graphs/info", None, None
    for run, about in fetch_json(url, "plugin/graphs/info").items():
        limits = ["", "&limit_attr_size=1024&large_attrs_key=_too_large_attrs"]
        for limit in limits:
            if about["run_graph"]:
                yield f"plugin/graphs/graph?{query(run=run)}{limit}", None, None
            for tag, has in about["tags"].items():
                if has["op_graph"]:
                    yield f"plugin/graphs/graph?{query(run=run, tag=tag)}{limit}", None, None
        for tag, has in about["tags"].items():
            if has["profile"]:
                yield f"plugin/graphs/run_metadata?{query(run=run, tag=tag)}", None, None
    yield from hparams(url)


def hparams(url):
    kind = "application/json"
    yield "plugin/hparams/experiment", b"{}", kind
    yield "plugin/hparams/experiment", b'{"hparamsLimit": 1, "includeMetrics": false}', kind
    experiment = fetch_json(url, "plugin/hparams/experiment", b"{}")
    infos, metrics = experiment["hparamInfos"], experiment["metricInfos"]
    requests = [GROUPS, {**GROUPS, "startIndex": 1, "sliceSize": 1}, {**GROUPS, "allowedStatuses": ["STATUS_SUCCESS"]}]
    columns = [{"hparam": info["name"]} for info in infos] + [{"metric": metric["name"]} for metric in metrics]
    for order in ("ORDER_ASC", "ORDER_DESC"):
        for first in (True, False):
            sort = {"order": order, "missingValuesFirst": first}
            requests += [{**GROUPS, "colParams": [{**column, **sort}]} for column in columns]
    for metric in metrics:
        for how in ("AVG", "MEDIAN", "MIN", "MAX"):
            aggregation = {"aggregationType": f"AGGREGATION_{how}", "aggregationMetric": metric["name"]}
            requests.append({**GROUPS, **aggregation})
    for info in infos:
        column = {"hparam": info["name"]}
        if "domainInterval" in info:
            some = {"minValue": info["domainInterval"]["minValue"], "maxValue": info["domainInterval"]["minValue"]}
            requests.append({**GROUPS, "colParams": [{**column, "filterInterval": some}]})
        elif values := info.get("domainDiscrete"):
            requests.append({**GROUPS, "colParams": [{**column, "filterDiscrete": sorted(values, key=str)[:1]}]})
            requests.append({**GROUPS, "colParams": [{**column, "excludeMissingValues": True, "includeInResult": True}]})
    for request in requests:
        yield "plugin/hparams/session_groups", json.dumps(request).encode(), kind
    if columns:
        for how in ("json", "csv", "latex"):
            asked = query(format=how, columnsVisibility=json.dumps([True] * len(columns)), request=json.dumps(GROUPS))
            yield f"plugin/hparams/download_data?{asked}", None, None
    groups = fetch_json(url, "plugin/hparams/session_groups", json.dumps(GROUPS).encode())["sessionGroups"]
    for session in [session for group in groups for session in group["sessions"]][:4]:
        for value in session["metricValues"]:
            request = {"sessionName": session["name"], "metricName": value["name"]}
            yield "plugin/hparams/metric_evals", json.dumps(request).encode(), kind


def parsed(path, said):
    """A graph as a message: maps are printed in any order."""
    message = config_pb2.RunMetadata() if "run_metadata" in path else graph_pb2.GraphDef()
    return text_format.Parse(said.decode(), message)


def unordered(tags):
    """Tags by run, in no order: TensorBoard's text plugin lists them in the order of their first value."""
    return {run: sorted(found) if isinstance(found, list) else found for run, found in tags.items()}


def listing(url):
    """What both must have read before they are compared."""
    groups = fetch_json(url, "plugin/hparams/session_groups", json.dumps(GROUPS).encode())["sessionGroups"]
    tags = [unordered(plain(fetch_json(url, f"plugin/{one}/tags"))) for one in PLUGINS]
    return [*tags, fetch_json(url, "plugin/graphs/info"), [group["name"] for group in groups]]


class Comparison:
    """What was compared, and what differs."""

    def __init__(self):
        self.differing, self.questions, self.blobs, self.thinned, self.restarted = [], 0, 0, 0, 0

    def __str__(self):
        return (
            f"{self.questions} questions, {self.blobs} blobs, {self.thinned} thinned by TensorBoard, "
            f"{self.restarted} of restarted trainings, {len(self.differing)} differ"
        )


def compare(theirs, ours, narrow=("histograms/", "distributions/", "timeSeries")):
    """Asks both everything.

    `narrow` are addresses whose numbers one side keeps in 32 bits."""
    until(lambda: difference(listing(theirs), listing(ours)) or "read", lambda found: found == "read")
    done = Comparison()
    for path, body, kind in questions(theirs):
        done.questions += 1
        where = f"{path} {body.decode()[:300] if body else ''}"
        found = one(done, theirs, ours, narrow, (path, body, kind))
        while found and still_reading(theirs, (path, body, kind)):
            found = one(Comparison(), theirs, ours, narrow, (path, body, kind))
        if found:
            done.differing.append(f"{where}: {found}")
    return done


def still_reading(url, question):
    """Whether the answer changes within TensorBoard's reload interval: its Python loader reads 1 MB a second."""
    before = fetch(url, *question)
    time.sleep(6)
    return fetch(url, *question) != before


def one(done, theirs, ours, narrow, question):
    """Where the answers to one question differ."""
    path = question[0]
    their_status, _, their = fetch(theirs, *question)
    our_status, media, our = fetch(ours, *question)
    if their_status != 200 or our_status != 200:
        # What breaks theirs need not break ours: values of several types in one column cannot be sorted there.
        same = their_status in (our_status, 500)
        return None if same else f"{their_status} of theirs, {our_status} of ours {our[:200]!r}"
    if "graphs/graph" in path or "run_metadata?" in path:
        return "another graph" if parsed(path, their) != parsed(path, our) else None
    if media != "application/json":
        if their.count(b"\n") == 1001:
            done.thinned += 1
            return None
        if path.endswith("format=csv") and "scalars" in narrow:
            rows = lambda said: [row.split(b",") for row in said.splitlines()[1:]]
            their, our = ([[str(np.float32(cell)) for cell in row] for row in rows(said)] for said in (their, our))
        elif path.endswith("format=csv"):
            their, our = (said.decode().splitlines() for said in (their, our))
            points = lambda said: [[wall, int(step), value] for wall, step, value in (row.split(",") for row in said[1:])]
            if "scalars/scalars" in path and settled(points(their), points(our)):
                done.restarted += len(their) > len(our)
                return None
        return difference(their, our)
    single = any(one in path for one in narrow)
    their, our = (plain(json.loads(said), single) for said in (their, our))
    if single and "distributions/" in path:
        # Interpolated from edges of fewer bits.
        their, our = (json.loads(json.dumps(said), parse_float=lambda text: f"{float(text):.4g}") for said in (their, our))
    if path.endswith("text/tags"):
        their, our = unordered(their), unordered(our)
    elif path == "runs":
        # Theirs begin with the first record of the file, ours with the first value.
        their, our = sorted(their), sorted(our)
    if longest(their) >= kept(path, their):
        done.thinned += 1
        return None
    their, restarted = without_superseded(their, our)
    done.restarted += restarted
    if found := difference(their, our):
        return found
    same = compare_blobs(theirs, ours, path, our)
    done.blobs += len(same)
    return None if all(same) else "other bytes"


def settled(theirs, ours):
    """Whether ours are theirs without what a later point of the same or a smaller step superseded: where a training was
    restarted TensorBoard's Python loader shows both attempts, its fast loader and we the last."""
    at, lowest, kept = len(ours) - 1, float("inf"), True
    for point in reversed(theirs):
        step = point["step"] if isinstance(point, dict) else point[1]
        if at >= 0 and point == ours[at]:
            at -= 1
        else:
            kept = kept and step >= lowest
        lowest = min(lowest, step)
    return kept and at < 0


def without_superseded(their, our):
    """Their reply with our points of a series where these are theirs less what was superseded; and whether it is so."""
    if isinstance(their, dict) and isinstance(our, dict):
        pairs = {name: without_superseded(one, our[name]) if name in our else (one, False) for name, one in their.items()}
        return {name: one for name, (one, _) in pairs.items()}, any(restarted for _, restarted in pairs.values())
    if isinstance(their, list) and isinstance(our, list) and their and our:
        point = their[0]
        if (isinstance(point, list) and len(point) == 3) or (isinstance(point, dict) and "step" in point):
            return (our, True) if len(their) > len(our) and settled(their, our) else (their, False)
        if isinstance(point, dict) and len(their) == len(our):
            pairs = [without_superseded(a, b) for a, b in zip(their, our)]
            return [one for one, _ in pairs], any(restarted for _, restarted in pairs)
    return their, False


def longest(value):
    """The most points of a series in a reply."""
    if isinstance(value, list) and value and "runToSeries" in str(value[0])[:200]:
        return max(longest(one.get("runToSeries")) for one in value)
    if isinstance(value, dict):
        return max(map(longest, value.values()), default=0)
    return len(value) if isinstance(value, list) else 0


def kept(path, reply):
    """As many points as TensorBoard keeps of a series: an answer of so many may lack others."""
    kinds = {"scalars": 1000, "histograms": 51, "images": 10}
    if "timeSeries" in path and isinstance(reply, list):
        return kinds.get(reply[0].get("plugin"), 1000)
    parts = {"distributions": 500, "audio": 10, "text": 100, "pr_curves": 10, "meshes": 10}
    return (kinds | parts).get(path.split("?")[0].rsplit("/", 1)[-1], 1000)


def compare_blobs(theirs, ours, path, events):
    """Whether each picture and sound is the same, bytes and media type."""
    kind = {"images/images?": "images/individualImage", "audio/audio?": "audio/individualAudio"}
    address = next((kind[one] for one in kind if one in path), None)
    answers = lambda event: [fetch(url, f"plugin/{address}?{event['query']}") for url in (theirs, ours)]
    return [their == our for their, our in map(answers, events if address else [])]
