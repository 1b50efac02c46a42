"""The answer arrives, and its statuses, keys or errors are odd (fact sheet 3.3, 4; D9)."""

from dashboard.sandbox.faults.fault import ASKING, KNOWN, Envelope, twist


@twist(phases=KNOWN, calls=ASKING)
def never_ready(envelope: Envelope) -> Envelope:
    """The task is being processed, for ever."""
    return envelope | {
        "taskStatus": "Processing",
        "responseStatusCode": "NotReady",
        "results": None,
        "error": None,
    }


@twist(phases=KNOWN, calls=ASKING)
def forgotten(envelope: Envelope) -> Envelope:
    """The service does not know an ID that it gave out (also for the first seconds only, with times)."""
    return envelope | {
        "taskStatus": "NotExist",
        "responseStatusCode": "TaskNotFound",
        "results": None,
        "error": None,
    }


@twist(phases=KNOWN, calls=ASKING)
def failed(envelope: Envelope) -> Envelope:
    """The recognition failed, with messages."""
    return envelope | {
        "taskStatus": "Error",
        "responseStatusCode": "Error",
        "results": None,
        "error": {"messages": ["The image could not be recognised."], "warnings": None},
    }


@twist()
def data_lost(envelope: Envelope) -> Envelope:
    """The result was produced and is gone: ResultDataLost."""
    return envelope | {"responseStatusCode": "ResultDataLost", "results": None}


@twist()
def partially_found(envelope: Envelope) -> Envelope:
    """Some of the data is missing: PartiallyNotFound, with a null entry behind what there is."""
    results = [*(envelope["results"] or []), None]
    return envelope | {"responseStatusCode": "PartiallyNotFound", "results": results}


@twist()
def no_text_found(envelope: Envelope) -> Envelope:
    """Completed with NoAnyResultData and no entry."""
    return envelope | {"responseStatusCode": "NoAnyResultData", "results": []}


@twist()
def completed_not_ready(envelope: Envelope) -> Envelope:
    """Completed and NotReady at the same time."""
    return envelope | {"responseStatusCode": "NotReady", "results": None}


@twist(phases=KNOWN, calls=ASKING)
def unknown_status(envelope: Envelope) -> Envelope:
    """A taskStatus outside the known five words."""
    return envelope | {"taskStatus": "Queued"}


@twist(phases=KNOWN, calls=ASKING)
def unknown_code(envelope: Envelope) -> Envelope:
    """Processing as responseStatusCode and no taskStatus, as in a tutorial of the sibling service."""
    return {key: value for key, value in envelope.items() if key != "taskStatus"} | {
        "responseStatusCode": "Processing",
        "results": None,
    }


@twist(phases=KNOWN, calls=ASKING)
def status_missing(envelope: Envelope) -> Envelope:
    """No taskStatus, as the sibling service answers."""
    return {key: value for key, value in envelope.items() if key != "taskStatus"}


@twist(phases=KNOWN, calls=ASKING)
def code_missing(envelope: Envelope) -> Envelope:
    """No responseStatusCode."""
    return {key: value for key, value in envelope.items() if key != "responseStatusCode"}


@twist(phases=KNOWN, calls=ASKING)
def statuses_in_lower_case(envelope: Envelope) -> Envelope:
    """Both statuses in lower case and with spaces around them."""
    return envelope | {key: f" {str(envelope[key]).lower()} " for key in ("taskStatus", "responseStatusCode")}


@twist(phases=KNOWN, calls=ASKING)
def statuses_as_numbers(envelope: Envelope) -> Envelope:
    """Both statuses as numbers."""
    return envelope | {"taskStatus": 2, "responseStatusCode": 0}


@twist(phases=KNOWN, calls=ASKING)
def keys_in_pascal_case(envelope: Envelope) -> Envelope:
    """TaskStatus instead of taskStatus, and so for every key."""
    pascal = {key[0].upper() + key[1:]: value for key, value in envelope.items()}
    if envelope.get("results"):
        pascal["Results"] = [{"Type": part["type"], "Data": part["data"]} for part in envelope["results"]]
    return pascal


@twist(phases=KNOWN, calls=ASKING)
def keys_unknown(envelope: Envelope) -> Envelope:
    """Keys that no description mentions."""
    return {"apiVersion": "5.1", "timings": {"queueMs": 12}, **envelope}


@twist(phases=KNOWN, calls=ASKING)
def id_differs(envelope: Envelope) -> Envelope:
    """Another ID than the one asked about (fact sheet D9)."""
    return envelope | {"id": "00000000-1111-4222-8333-444444444444"}


@twist(phases=KNOWN, calls=ASKING)
def envelope_empty(_: Envelope) -> Envelope:
    """An object without a single key."""
    return {}


@twist(phases=KNOWN, calls=ASKING)
def envelope_of_nulls(envelope: Envelope) -> Envelope:
    """Every key is null."""
    return dict.fromkeys(envelope)


@twist(phases=KNOWN, calls=ASKING)
def envelope_null(_: Envelope) -> None:
    """The JSON value null."""
    return


@twist(phases=KNOWN, calls=ASKING)
def envelope_list(envelope: Envelope) -> list[Envelope]:
    """The envelope inside a list."""
    return [envelope]


@twist()
def notices(envelope: Envelope) -> Envelope:
    """Completed, with messages and warnings about it."""
    return envelope | {"error": {"messages": ["low contrast in part of the page"], "warnings": ["page 1"]}}


@twist(phases=KNOWN, calls=ASKING)
def error_as_text(envelope: Envelope) -> Envelope:
    """The error is a string instead of an object."""
    return envelope | {"error": "something went wrong"}


@twist(phases=KNOWN, calls=ASKING)
def errors_instead(envelope: Envelope) -> Envelope:
    """A key errors, with a list, instead of error."""
    return {key: value for key, value in envelope.items() if key != "error"} | {
        "errors": ["something went wrong"]
    }
