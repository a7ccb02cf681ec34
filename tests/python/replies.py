"""Two servers of TensorBoard's HTTP API over the same logs, question by question."""

import json
import re

import numpy as np
from google.protobuf import text_format
from stock import fetch, fetch_json, query, until
from tensorboard.compat.proto import config_pb2, graph_pb2

PLUGINS = ["scalars", "histograms", "distributions", "images", "audio", "text", "pr_curves", "mesh", "timeseries"]
STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
GROUPS = {"startIndex": 0, "sliceSize": 100, "allowedStatuses": STATUSES}


def html(text):
    """HTML without the white space that shows nothing."""
    return re.sub(r"\s+", " ", re.sub(r"\s*(<[^>]*>)\s*", r"\1", ordered(text))).strip()


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
        return {name: plain(one, single, name) for name, one in value.items()}
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
    return None if theirs == ours else f"{at}: {str(theirs)[:160]!r} of theirs, {str(ours)[:160]!r} of ours"


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


def listing(url):
    """What both must have read before they are compared."""
    groups = fetch_json(url, "plugin/hparams/session_groups", json.dumps(GROUPS).encode())["sessionGroups"]
    tags = [plain(fetch_json(url, f"plugin/{one}/tags")) for one in PLUGINS]
    return [*tags, fetch_json(url, "plugin/graphs/info"), [group["name"] for group in groups]]


def compare(theirs, ours, narrow=("histograms/", "distributions/", "timeSeries")):
    """Asks both everything; gives the list of what differs, and how many questions and blobs were compared.

    `narrow` are addresses whose numbers one side keeps in 32 bits."""
    until(lambda: (listing(theirs), listing(ours)), lambda both: both[0] == both[1] and both[0][0], limit=120)
    differing, asked, blobs = [], 0, 0
    for path, body, kind in questions(theirs):
        asked += 1
        their_status, _, their = fetch(theirs, path, body, kind)
        our_status, media, our = fetch(ours, path, body, kind)
        where = f"{path} {body.decode()[:300] if body else ''}"
        if their_status != 200 or our_status != 200:
            if their_status != our_status:
                differing.append(f"{where}: {their_status} of theirs, {our_status} of ours {our[:200]!r}")
        elif "graphs/graph" in path or "run_metadata?" in path:
            if parsed(path, their) != parsed(path, our):
                differing.append(f"{where}: another graph")
        elif media == "application/json":
            single = any(one in path for one in narrow)
            their, our = (plain(json.loads(said), single) for said in (their, our))
            if single and "distributions/" in path:
                # Interpolated from edges of fewer bits.
                short = lambda text: f"{float(text):.4g}"
                their, our = (json.loads(json.dumps(said), parse_float=short) for said in (their, our))
            if found := difference(their, our):
                differing.append(f"{where}: {found}")
            else:
                found = compare_blobs(theirs, ours, path, our)
                blobs += len(found)
                differing += [f"{where}: other bytes" for same in found if not same]
        elif our != their:
            differing.append(f"{where}: {their[:160]!r} of theirs, {our[:160]!r} of ours")
    return differing, asked, blobs


def compare_blobs(theirs, ours, path, events):
    """Whether each picture and sound is the same, bytes and media type."""
    kind = {"images/images?": "images/individualImage", "audio/audio?": "audio/individualAudio"}
    address = next((kind[one] for one in kind if one in path), None)
    answers = lambda event: [fetch(url, f"plugin/{address}?{event['query']}") for url in (theirs, ours)]
    return [their == our for their, our in map(answers, events if address else [])]
