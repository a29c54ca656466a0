"""Articles composed for these tests. Nobody has published them."""

ALLEGATION = "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."
DENIAL = "ونفى الكرملين هذه الاتهامات جملة وتفصيلًا، ووصفها بأنها مزاعم لا أساس لها."
PRAISE = "وأشاد الرئيس الكوري الشمالي بالشراكة التاريخية مع روسيا في وجه الهيمنة الغربية."
PLAIN = "ووصل الوفد التجاري إلى العاصمة مساء الاثنين في زيارة تستمر ثلاثة أيام."
HEADLINE = "سيول تتهم بيونغ يانغ بشحن قذائف إلى روسيا وموسكو تنفي"

ARTICLE = f"{HEADLINE}\n\n{ALLEGATION} {DENIAL}\n\n{PRAISE} {PLAIN}\n\nشارك الخبر على فيسبوك\n"

HTML = f"""<!doctype html><html lang="ar"><head><meta charset="utf-8"><title>{HEADLINE}</title></head><body>
<nav><a href="/">الرئيسية</a> <a href="/s">رياضة</a></nav><article><h1>{HEADLINE}</h1><p>{ALLEGATION} {DENIAL}</p>
<figure><img src="https://elsewhere.example/x.png" alt="">
<figcaption>سفينة شحن ترسو في ميناء راجين صباح الثلاثاء (أرشيف)</figcaption></figure>
<p>{PRAISE}</p><p>{PLAIN}</p></article><footer>جميع الحقوق محفوظة</footer></body></html>"""

RLO, PDF, LRI, NUL = "\u202e", "\u202c", "\u2066", "\u0000"
# Markup, scripts, addresses, reordering marks, a tower of vowel marks, a word without end.
HOSTILE = (
    "<script>window.stolen = 1; fetch('https://elsewhere.example/')</script>"
    f" {HEADLINE}\n\n"
    f'قالت سيول {RLO}إن موسكو{PDF} تسلمت القذائف <img src=x onerror="window.stolen = 1"> يوم الأربعاء. '
    f"ونفى الكرملين {LRI}javascript:alert(1) ذلك نفيًا قاطعًا. "
    f"وقال المتحدث {NUL} &lt;b&gt; \"'><svg onload=window.stolen=1> إن الأمر {'ً' * 300} مفبرك. "
    f"وأضاف {'ا' * 3000} أن بلاده لا تخفي شيئًا.\n\n{{{{constructor.constructor('window.stolen=1')()}}}} ${{7*7}} نهاية الخبر.\n"
)
# 100,000 characters of sentences that differ.
LONG = "\n\n".join(
    f"{ALLEGATION[:-1]} رقم {n}. {DENIAL} {PLAIN[:-1]}، وهي الزيارة رقم {n} هذا العام." for n in range(1, 1000)
)[:100_000]

ROWS = [
    {
        "id": "desk-1",
        "text": f"{HEADLINE}\n\n{ALLEGATION} {DENIAL}",
        "source": "وكالة الشمال",
        "published": "2026-10-03",
    },
    {
        "id": "desk-2",
        "text": f"وصول الوفد التجاري\n\n{PLAIN} {PRAISE}",
        "source": "صحيفة الجنوب",
        "published": "2026-11-12",
    },
]
