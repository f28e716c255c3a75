import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0005_exam_group'),
        ('organisation', '0004_teaching_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='candidate',
            name='group',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.teachinggroup'),
        ),
    ]
