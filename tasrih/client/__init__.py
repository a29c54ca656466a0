"""A client of the HTTP service, for programs that have no model of their own.

from tasrih import Document
from tasrih.client import Client

with Client("http://127.0.0.1:3000") as client:
    report = client.label_articles([Document(text=page)])[0]

`AsyncClient` is the same with ``await``. Both take what `tasrih.Labeller` takes and give what it gives, but for items that could
not be labelled, which stand as `ItemError` in their place.
"""

from tasrih.client.http import AsyncClient, Client
from tasrih.client.messages import ItemError
from tasrih.client.retries import CallError, Retries

__all__ = ["AsyncClient", "CallError", "Client", "ItemError", "Retries"]
