"""Archives: files that people upload at the page, each labelled by a batch job of its own, one at a time.

    upload -> folder -> runner (a job as a process of its own) -> sentences (filtered, in order) -> page, export

All that is known of an archive stands in its folder, so that it outlives the service.
"""
